//! What the suite must be told about a channel.

use std::sync::Arc;

use crate::channel::{Channel, OrderFacts, Response, StatusReport};
use crate::order::OrderStatus;

/// How a channel is tested: how it writes an order, and what it says after having been told.
pub trait ChannelHarness {
    /// The channel.
    fn channel(&self) -> Arc<dyn Channel>;

    /// The order in the channel's own format, paid and not shipped.
    fn payload(&self, order: &SampleOrder) -> Vec<u8>;

    /// A page of the channel that holds these, each what [`payload`](Self::payload) wrote or
    /// anything else that is JSON.
    fn page(&self, orders: &[Vec<u8>]) -> Vec<u8>;

    /// An answer with that page, whose next page is called `next`; the last one without.
    fn answer(&self, orders: &[Vec<u8>], next: Option<&str>) -> Response;

    /// Order ids of the kind the channel gives, the odd ones first: long, with leading zeros.
    fn order_ids(&self) -> Vec<&'static str>;

    /// Line ids of the kind the channel gives.
    fn line_ids(&self) -> Vec<&'static str>;

    /// What the channel reports once it was told that the order is there; `None` where it cannot be
    /// told.
    fn after(&self, status: OrderStatus) -> Option<StatusReport>;

    /// Everything the channel has to be asked about this order before it can be told anything.
    fn facts(&self, order: &SampleOrder) -> OrderFacts;
}

/// An order as the suite makes it up.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SampleOrder {
    /// The channel's id of it.
    pub id: String,
    /// The currency's code.
    pub currency: &'static str,
    /// Its lines.
    pub lines: Vec<SampleLine>,
    /// What it costs, as the channel states it; tax and shipping are nothing.
    pub total: String,
}

/// A line of a [`SampleOrder`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SampleLine {
    /// The channel's id of it.
    pub item: String,
    /// The SKU.
    pub sku: &'static str,
    /// Units.
    pub quantity: u32,
    /// The price of one unit, an exact literal.
    pub unit_price: String,
    /// The price of all units, an exact literal.
    pub total: String,
}

impl SampleOrder {
    /// Two lines for 41.03 EUR.
    #[must_use]
    pub fn standard(id: &str, items: [&str; 2]) -> Self {
        let line = |item: &str, sku, quantity, unit: &str, total: &str| SampleLine {
            item: item.to_owned(),
            sku,
            quantity,
            unit_price: unit.to_owned(),
            total: total.to_owned(),
        };
        let [first, second] = items;
        Self {
            id: id.to_owned(),
            currency: "EUR",
            lines: vec![
                line(first, "TEA-01", 2, "10.01", "20.02"),
                line(second, "CUP-07", 1, "21.01", "21.01"),
            ],
            total: "41.03".to_owned(),
        }
    }
}
