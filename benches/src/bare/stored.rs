//! What the plain program stores as JSON: the same documents and events as the library.

use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::bare::draft::Contact;

/// The head of an order.
#[derive(Clone, Serialize)]
pub(super) struct Head<'a> {
    pub(super) id: Uuid,
    pub(super) number: u64,
    pub(super) state: &'static str,
    pub(super) source: &'static str,
    pub(super) channel: &'a str,
    pub(super) external: External<'a>,
    pub(super) customer: Uuid,
    pub(super) ship_to: Uuid,
    pub(super) currency: &'static str,
    pub(super) lines: Vec<Line<'a>>,
    pub(super) charges: [Charge; 1],
    pub(super) discount: Decimal,
    pub(super) tax_mode: &'static str,
    pub(super) totals: Totals,
    pub(super) payment: Payment,
    pub(super) placed_at: i64,
    pub(super) state_since: i64,
    pub(super) fulfillments_made: u32,
}

#[derive(Clone, Serialize)]
pub(super) struct External<'a> {
    pub(super) kind: &'static str,
    pub(super) id: &'a str,
}

#[derive(Clone, Serialize)]
pub(super) struct Line<'a> {
    pub(super) id: u32,
    pub(super) sku: &'a str,
    pub(super) title: &'a str,
    pub(super) ordered: u32,
    pub(super) unit_price: Decimal,
    pub(super) discount: Decimal,
    pub(super) tax: Decimal,
    pub(super) open: u32,
    pub(super) backordered: u32,
    pub(super) allocated: u32,
    pub(super) cancelled: u32,
}

#[derive(Clone, Serialize)]
pub(super) struct Charge {
    pub(super) kind: &'static str,
    pub(super) amount: Decimal,
    pub(super) tax: Decimal,
}

#[derive(Clone, Serialize)]
pub(super) struct Totals {
    pub(super) lines: Decimal,
    pub(super) discounts: Decimal,
    pub(super) shipping: Decimal,
    pub(super) fees: Decimal,
    pub(super) tips: Decimal,
    pub(super) duties: Decimal,
    pub(super) gift_cards: Decimal,
    pub(super) tax: Decimal,
    pub(super) total: Decimal,
    pub(super) stated: Decimal,
}

#[derive(Clone, Serialize)]
pub(super) struct Payment {
    pub(super) authorised: Decimal,
    pub(super) captured: Decimal,
    pub(super) refunded: Decimal,
}

/// The work at one hub.
#[derive(Serialize)]
pub(super) struct Fulfillment<'a> {
    pub(super) id: u32,
    pub(super) hub: &'a str,
    pub(super) status: &'static str,
    pub(super) claim: &'static str,
    pub(super) lines: Vec<Share<'a>>,
    pub(super) shipments: [(); 0],
}

#[derive(Serialize)]
pub(super) struct Share<'a> {
    pub(super) line: u32,
    pub(super) sku: &'a str,
    pub(super) reserved: u32,
    pub(super) picked: u32,
    pub(super) packed: u32,
    pub(super) shipped: u32,
    pub(super) delivered: u32,
    pub(super) returned: u32,
}

/// The erasable row.
#[derive(Serialize)]
pub(super) struct ContactRow<'a> {
    pub(super) state: &'static str,
    pub(super) contact: &'a Contact,
    pub(super) customer: Uuid,
    pub(super) order: Uuid,
}

/// How the hub was chosen.
#[derive(Serialize)]
pub(super) struct Explanation<'a> {
    pub(super) strategy: &'static str,
    pub(super) hub: Option<&'a str>,
    pub(super) verdicts: Vec<(&'a str, Verdict<'a>)>,
}

#[derive(Serialize)]
#[serde(rename_all = "snake_case", tag = "verdict")]
pub(super) enum Verdict<'a> {
    Chosen,
    AfterChosen,
    Inactive,
    NotServiceable,
    Short {
        sku: &'a str,
        asked: u32,
        sellable: u32,
    },
}

/// What happened.
#[derive(Serialize)]
#[serde(rename_all = "snake_case", tag = "event")]
pub(super) enum EventBody<'a> {
    Placed {
        head: &'a Head<'a>,
    },
    Allocated {
        fulfillment: u32,
        hub: &'a str,
        claim: &'static str,
        lines: Vec<LineQuantity>,
    },
    Approved {
        at: i64,
    },
}

#[derive(Serialize)]
pub(super) struct LineQuantity {
    pub(super) line: u32,
    pub(super) quantity: u32,
}

/// What a placement answers, and answers again under the same key.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Receipt {
    /// The order.
    pub order: Uuid,
    /// The number people use.
    pub number: u64,
    /// Events so far.
    pub version: u64,
    /// The status people see.
    pub status: String,
    /// The names of the events.
    pub events: Vec<String>,
    /// True when the order was there already.
    pub known: bool,
}
