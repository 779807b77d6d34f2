//! What a channel must be asked by: ids and amounts that only the channel knows.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::channel::newest::is_unconfirmed;
use crate::channel::outbound::ItemQuantity;
use crate::order::Order;
use crate::value::{ExternalId, Money, Units};

/// What is known about an order on its channel. Keep it beside the order: it is plain data.
///
/// What is missing is told by [`CannotCause::Missing`](crate::channel::CannotCause::Missing),
/// mostly with the request that asks the channel for it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct OrderFacts {
    /// The channel's id of the order, as it sent it.
    pub order: ExternalId,
    /// The lines with the channel's ids, and the units ordered.
    #[serde(default)]
    pub items: Vec<ItemQuantity>,
    /// A parcel has left.
    #[serde(default)]
    pub any_shipped: bool,
    /// Something of it is still to be paid.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub unpaid: bool,
    /// Nobody confirmed it here: it waits until it is paid, or promised.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub tentative: bool,
    /// Shopify: the fulfilment orders.
    #[serde(default)]
    pub work: Vec<WorkFacts>,
    /// Shopify: the channel was asked for the work. Where there is none then, the order has none,
    /// or the app lacks the scope that shows it, and the question is not put again. Clear it to
    /// ask anew.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub work_known: bool,
    /// Shopify by GraphQL: what of the work is still to be asked, as answers come in pages.
    #[serde(default)]
    pub work_rest: Vec<WorkRest>,
    /// Shopify: payments that money can go back to.
    #[serde(default)]
    pub payments: Vec<PaymentFacts>,
    /// Shopify: the channel was asked for the payments, as with [`work_known`](Self::work_known).
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub payments_known: bool,
    /// Shopify: where units go that are on sale again, returned ones and, by Admin REST, cancelled
    /// ones.
    #[serde(default)]
    pub location: Option<ExternalId>,
    /// Amazon: the marketplace.
    #[serde(default)]
    pub marketplace: Option<ExternalId>,
    /// Amazon: the seller's own id.
    #[serde(default)]
    pub seller: Option<ExternalId>,
    /// eBay: the order's id in the older APIs.
    #[serde(default)]
    pub legacy_order: Option<ExternalId>,
    /// WooCommerce: the shop has the Shipment Tracking extension.
    #[serde(default)]
    pub tracking_extension: bool,
    /// The channel's codes of carriers, by our names of them.
    #[serde(default)]
    pub carriers: BTreeMap<String, String>,
}

/// A fulfilment order: work the channel gave to one location.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct WorkFacts {
    /// The channel's id of it.
    pub id: ExternalId,
    /// Its state, in the channel's words.
    pub state: String,
    /// What is left to do.
    pub lines: Vec<WorkLine>,
    /// The holds on it that the asking app placed; `None` when the channel was not asked.
    #[serde(default)]
    pub holds: Option<Vec<ExternalId>>,
}

/// A page that is still to be asked for.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "rest")]
pub enum WorkRest {
    /// More fulfilment orders.
    Works {
        /// The last one known, in the channel's words.
        after: String,
    },
    /// More lines of a fulfilment order.
    Lines {
        /// The fulfilment order.
        work: ExternalId,
        /// The last line known, in the channel's words.
        after: String,
    },
}

/// A line of a fulfilment order.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct WorkLine {
    /// The channel's id of this line of work.
    pub id: ExternalId,
    /// The channel's id of the order's line.
    pub item: ExternalId,
    /// Units left to ship.
    pub left: Units,
}

/// A payment that money can go back to.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PaymentFacts {
    /// The channel's id of it.
    pub id: ExternalId,
    /// Who took the money.
    pub gateway: String,
    /// What can still go back.
    pub refundable: Money,
}

impl OrderFacts {
    /// An order of which nothing else is known.
    #[must_use]
    pub const fn new(order: ExternalId) -> Self {
        Self {
            order,
            items: Vec::new(),
            any_shipped: false,
            unpaid: false,
            tentative: false,
            work: Vec::new(),
            work_known: false,
            work_rest: Vec::new(),
            payments: Vec::new(),
            payments_known: false,
            location: None,
            marketplace: None,
            seller: None,
            legacy_order: None,
            tracking_extension: false,
            carriers: BTreeMap::new(),
        }
    }

    /// What is known from the order itself; `None` for an order that came from no channel.
    #[must_use]
    pub fn of(order: &Order) -> Option<Self> {
        let head = &order.head;
        let mut facts = Self::new(head.channel_id()?.clone());
        let item = |line: &crate::order::Line| {
            let item = line.channel_item.clone()?;
            let quantity = line.ordered.quantity()?;
            Some(ItemQuantity { item, quantity })
        };
        facts.items = head.lines.iter().filter_map(item).collect();
        facts.unpaid = order.to_collect().is_positive();
        facts.tentative = is_unconfirmed(order);
        facts.any_shipped = order.fulfillments.values().any(|f| !f.shipments.is_empty());
        Some(facts)
    }

    /// The channel's code of a carrier, if the tenant gave one.
    #[must_use]
    pub fn carrier_code(&self, carrier: &str) -> Option<&str> {
        self.carriers.get(carrier).map(String::as_str)
    }
}
