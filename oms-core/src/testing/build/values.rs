//! Values from literals and small numbers.

use uuid::Uuid;

use crate::event::{StreamId, StreamKind};
use crate::job::JobDraft;
use crate::order::EditLine;
use crate::plan::Receipt;
use crate::reservation::{Owner, ReservationKey};
use crate::stock::{MovementDraft, MovementKind, StockKey};
use crate::value::{
    CartId, ChannelId, ContactId, CustomerId, ExternalId, FulfillmentId, HubId, IdempotencyKey,
    JobId, JobKey, JobKind, LineId, MovementId, OrderId, OrderNumber, PayloadId, Quantity,
    QueueName, Reason, ScheduleName, Sku, SubscriberName, TenantId, Timestamp, TransferId, Units,
    Version,
};

// The `expect`s below meet literals of a test: a wrong one is a defect of the test.

macro_rules! parsed {
    ($($name:ident -> $type:ident, $what:literal;)*) => {$(
        #[doc = concat!("The ", $what, " with this text.\n\n# Panics\nIf the text is none.")]
        #[must_use]
        pub fn $name(text: &str) -> $type {
            $type::parse(text).expect(concat!("a ", $what))
        }
    )*};
}

macro_rules! counted {
    ($($name:ident($number:ident) -> $type:ident, $what:literal;)*) => {$(
        #[doc = concat!("The ", $what, " with this number.\n\n# Panics\nIf it is out of range.")]
        #[must_use]
        pub fn $name(number: $number) -> $type {
            $type::new(number).expect(concat!("a ", $what))
        }
    )*};
}

macro_rules! unique {
    ($($name:ident -> $type:ident, $what:literal;)*) => {$(
        #[doc = concat!("The id of ", $what, " number `n`; larger numbers give larger ids.")]
        #[must_use]
        pub const fn $name(n: u64) -> $type {
            $type::from_uuid(uuid(n))
        }
    )*};
}

parsed! {
    tenant -> TenantId, "tenant id";
    channel -> ChannelId, "channel id";
    hub -> HubId, "hub id";
    sku -> Sku, "SKU";
    external -> ExternalId, "external id";
    idempotency_key -> IdempotencyKey, "key";
    reason -> Reason, "reason";
    queue -> QueueName, "queue name";
    kind -> JobKind, "kind of job";
    job_key -> JobKey, "job key";
    schedule -> ScheduleName, "schedule name";
    subscriber -> SubscriberName, "subscriber name";
    transfer -> TransferId, "transfer id";
}

counted! {
    quantity(u32) -> Quantity, "quantity";
    units(u32) -> Units, "count of units";
    version(u64) -> Version, "version";
    line(u32) -> LineId, "line id";
    fulfillment(u32) -> FulfillmentId, "fulfillment id";
    number(u64) -> OrderNumber, "order number";
}

unique! {
    order_id -> OrderId, "order";
    customer_id -> CustomerId, "customer";
    contact_id -> ContactId, "contact";
    payload_id -> PayloadId, "payload";
    cart_id -> CartId, "cart";
    movement_id -> MovementId, "movement";
    job_id -> JobId, "job";
}

/// The UUID number `n`; larger numbers give larger UUIDs.
#[must_use]
pub const fn uuid(n: u64) -> Uuid {
    Uuid::from_u64_pair(0x0a5d_0000_0000_8000, 0x8000_0000_0000_0000 | n)
}

/// The stock row of a SKU at a hub.
///
/// # Panics
/// If a text is no id.
#[must_use]
pub fn stock(at: &str, of: &str) -> StockKey {
    StockKey {
        hub: hub(at),
        sku: sku(of),
    }
}

/// Cart number `n` as the owner of a reservation.
#[must_use]
pub const fn owner_cart(n: u64) -> Owner {
    Owner::Cart(cart_id(n))
}

/// Order number `n` as the owner of a reservation.
#[must_use]
pub const fn owner_order(n: u64) -> Owner {
    Owner::Order(order_id(n))
}

/// The reservation of an owner's line on a stock row.
///
/// # Panics
/// If the line is no line id.
#[must_use]
pub fn reservation(owner: &Owner, of: u32, row: &StockKey) -> ReservationKey {
    ReservationKey {
        owner: owner.clone(),
        line: line(of),
        hub: row.hub.clone(),
        sku: row.sku.clone(),
    }
}

/// What is stored of a receipt, JSON: it leaves out what it says otherwise, and hosts are answered
/// with all of it.
#[must_use]
pub fn stored_receipt(receipt: &Receipt) -> String {
    receipt.stored()
}

/// A stream of the host's own.
#[must_use]
pub fn stream(name: &str) -> StreamId {
    StreamId::new(StreamKind::Host, name)
}

/// Movement number `n` of a stock row, for no order.
///
/// # Panics
/// Never: the reason is a literal.
#[must_use]
pub fn movement(n: u64, row: &StockKey, kind: MovementKind, delta: i64) -> MovementDraft {
    MovementDraft {
        id: movement_id(n),
        stock: row.clone(),
        kind,
        delta,
        order: None,
        transfer: None,
        reason: Some(reason("test")),
    }
}

/// Job number `n` of the queue `mail`, to run at `run_at`.
///
/// # Panics
/// Never: the names are literals.
#[must_use]
pub fn job(n: u64, run_at: Timestamp) -> JobDraft {
    let payload = format!(r#"{{"n":{n}}}"#);
    JobDraft::new(job_id(n), queue("mail"), kind("confirm"), payload).at(run_at)
}

/// An edit of a line to `count` units, all else as it is.
///
/// # Panics
/// If `count` is no quantity.
#[must_use]
pub fn change_quantity(number: u32, count: u32) -> EditLine {
    EditLine::Change {
        line: line(number),
        sku: None,
        quantity: Some(quantity(count)),
        unit_price: None,
        discount: None,
        tax: None,
        tax_rate: None,
        title: None,
        channel_item: None,
    }
}
