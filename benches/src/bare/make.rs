//! Making what is stored from what was read.

use rust_decimal::{Decimal, RoundingStrategy};
use uuid::Uuid;

use crate::bare::draft::{Draft, Line as Part};
use crate::bare::stored::{
    Charge, ContactRow, EventBody, External, Fulfillment, Head, Line, LineQuantity, Payment, Share,
    Totals,
};
use crate::bare::{Refused, json};
use crate::request::{CHANNEL, CURRENCY};

/// What is stored as JSON.
pub(super) struct Bodies {
    pub(super) events: [Box<str>; 3],
    pub(super) head: Box<str>,
    pub(super) fulfillment: Box<str>,
    pub(super) contact: Box<str>,
}

impl Bodies {
    /// The bodies of an order that starts with `head` and is claimed and approved at once.
    pub(super) fn new(
        draft: &Draft,
        mut head: Head<'_>,
        hub: &str,
        at: i64,
    ) -> Result<Self, Refused> {
        let placed = json(&EventBody::Placed { head: &head })?;
        allocate(&mut head, at);
        let (fulfillment, lines) = fulfillment(draft, hub);
        let allocated = json(&EventBody::Allocated {
            fulfillment: 1,
            hub,
            claim: "confirmed",
            lines,
        })?;
        let approved = json(&EventBody::Approved { at })?;
        let contact = json(&ContactRow {
            state: "present",
            contact: &draft.contact,
            customer: draft.customer,
            order: head.id,
        })?;
        Ok(Self {
            events: [placed, allocated, approved],
            head: json(&head)?,
            fulfillment: json(&fulfillment)?,
            contact,
        })
    }
}

/// The head as it is stored first.
pub(super) fn head<'a>(
    draft: &'a Draft,
    id: Uuid,
    ship_to: Uuid,
    number: u64,
    totals: Totals,
    at: i64,
) -> Head<'a> {
    let line = |line: &'a Part| Line {
        id: line.id,
        sku: &line.sku,
        title: &line.title,
        ordered: line.quantity,
        unit_price: line.unit_price,
        discount: line.discount,
        tax: line.tax,
        open: line.quantity,
        backordered: 0,
        allocated: 0,
        cancelled: 0,
    };
    Head {
        id,
        number,
        state: "pending",
        source: "channel",
        channel: CHANNEL,
        external: External {
            kind: "order",
            id: &draft.reference,
        },
        customer: draft.customer,
        ship_to,
        currency: CURRENCY,
        lines: draft.lines.iter().map(line).collect(),
        charges: [Charge {
            kind: "shipping",
            amount: draft.shipping,
            tax: CENTS_0,
        }],
        discount: CENTS_0,
        tax_mode: "exclusive",
        totals,
        payment: Payment {
            authorised: CENTS_0,
            captured: CENTS_0,
            refunded: CENTS_0,
        },
        placed_at: at,
        state_since: at,
        fulfillments_made: 0,
    }
}

/// Every unit claimed, the order open.
fn allocate(head: &mut Head<'_>, at: i64) {
    for line in &mut head.lines {
        line.allocated = line.open;
        line.open = 0;
    }
    head.fulfillments_made = 1;
    head.state = "open";
    head.state_since = at;
}

/// The work at the hub, and the units that the event names.
fn fulfillment<'a>(draft: &'a Draft, hub: &'a str) -> (Fulfillment<'a>, Vec<LineQuantity>) {
    let share = |line: &'a Part| Share {
        line: line.id,
        sku: &line.sku,
        reserved: line.quantity,
        picked: 0,
        packed: 0,
        shipped: 0,
        delivered: 0,
        returned: 0,
    };
    let fulfillment = Fulfillment {
        id: 1,
        hub,
        status: "approved",
        claim: "confirmed",
        lines: draft.lines.iter().map(share).collect(),
        shipments: [],
    };
    let quantity = |line: &Part| LineQuantity {
        line: line.id,
        quantity: line.quantity,
    };
    (fulfillment, draft.lines.iter().map(quantity).collect())
}

/// Nothing, with two decimals.
const CENTS_0: Decimal = Decimal::from_parts(0, 0, 0, false, 2);

/// The sums.
pub(super) fn totals(draft: &Draft) -> Result<Totals, Refused> {
    let range = Refused("totals");
    let (mut gross, mut discounts, mut tax) = (CENTS_0, CENTS_0, CENTS_0);
    for line in &draft.lines {
        let price = line.unit_price.checked_mul(line.quantity.into());
        let price = price
            .ok_or(range)?
            .round_dp_with_strategy(2, RoundingStrategy::MidpointAwayFromZero);
        if line.discount > price {
            return Err(Refused("discount"));
        }
        gross = gross.checked_add(price).ok_or(range)?;
        discounts = discounts.checked_add(line.discount).ok_or(range)?;
        tax = tax.checked_add(line.tax).ok_or(range)?;
    }
    let total = gross
        .checked_sub(discounts)
        .and_then(|sum| sum.checked_add(draft.shipping))
        .and_then(|sum| sum.checked_add(tax))
        .ok_or(range)?;
    Ok(Totals {
        lines: gross,
        discounts,
        shipping: draft.shipping,
        fees: CENTS_0,
        tips: CENTS_0,
        duties: CENTS_0,
        gift_cards: CENTS_0,
        tax,
        total,
        stated: draft.stated,
    })
}
