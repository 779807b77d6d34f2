//! Keys as columns, and back.

use std::borrow::Cow;

use oms_core::plan::{CounterKey, DocumentKey, DocumentKind, UniqueKey};
use oms_core::port::StoreError;
use oms_core::reservation::Owner;
use oms_core::value::{
    CartId, ChannelId, ContactId, CustomerId, ExternalId, FulfillmentId, HubId, LocalDate, OrderId,
    PayloadId, Sku, SlotKey, TransferId, Version,
};
use uuid::Uuid;

use crate::error::corrupt;

/// A document key as columns; what its kind does not use is empty.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct KeyColumns<'a> {
    pub(crate) kind: i16,
    pub(crate) t1: &'a str,
    pub(crate) t2: Cow<'a, str>,
    pub(crate) u: Uuid,
    pub(crate) n: i64,
}

/// The number of a kind in the database; kinds are locked in this order.
pub(crate) const fn kind_code(kind: DocumentKind) -> i16 {
    match kind {
        DocumentKind::Settings => 1,
        DocumentKind::Channel => 2,
        DocumentKind::Hub => 3,
        DocumentKind::Product => 4,
        DocumentKind::SkuMapping => 5,
        DocumentKind::Customer => 6,
        DocumentKind::Contact => 7,
        DocumentKind::Order => 8,
        DocumentKind::Fulfillment => 9,
        DocumentKind::Payload => 10,
        DocumentKind::Explanation => 11,
        DocumentKind::Host => 12,
        DocumentKind::Zones => 13,
        DocumentKind::Slots => 14,
        DocumentKind::Transfer => 15,
    }
}

/// The columns of `oms.document_v1` that make the key of a kind.
pub(crate) const fn key_columns(kind: DocumentKind) -> &'static [&'static str] {
    match kind {
        DocumentKind::Settings | DocumentKind::Zones => &[],
        DocumentKind::Channel
        | DocumentKind::Hub
        | DocumentKind::Product
        | DocumentKind::Transfer => &["t1"],
        DocumentKind::SkuMapping | DocumentKind::Host | DocumentKind::Slots => &["t1", "t2"],
        DocumentKind::Customer
        | DocumentKind::Contact
        | DocumentKind::Order
        | DocumentKind::Payload => &["u"],
        DocumentKind::Fulfillment | DocumentKind::Explanation => &["u", "n"],
    }
}

pub(crate) fn document_columns(key: &DocumentKey) -> KeyColumns<'_> {
    const NONE: Cow<'_, str> = Cow::Borrowed("");
    let nil = Uuid::nil();
    let (t1, t2, u, n) = match key {
        DocumentKey::Settings | DocumentKey::Zones => ("", NONE, nil, 0),
        DocumentKey::Channel(id) => (id.as_str(), NONE, nil, 0),
        DocumentKey::Hub(id) => (id.as_str(), NONE, nil, 0),
        DocumentKey::Product(sku) => (sku.as_str(), NONE, nil, 0),
        DocumentKey::SkuMapping(channel, id) => (channel.as_str(), id.as_str().into(), nil, 0),
        DocumentKey::Customer(id) => ("", NONE, id.as_uuid(), 0),
        DocumentKey::Contact(id) => ("", NONE, id.as_uuid(), 0),
        DocumentKey::Order(id) => ("", NONE, id.as_uuid(), 0),
        DocumentKey::Fulfillment(order, id) => ("", NONE, order.as_uuid(), i64::from(id.get())),
        DocumentKey::Payload(id) => ("", NONE, id.as_uuid(), 0),
        DocumentKey::Explanation(order, version) => ("", NONE, order.as_uuid(), number(*version)),
        DocumentKey::Host(kind, id) => (kind.as_str(), id.as_str().into(), nil, 0),
        DocumentKey::Transfer(id) => (id.as_str(), NONE, nil, 0),
        DocumentKey::Slots(hub, date) => (hub.as_str(), date.to_string().into(), nil, 0),
    };
    let kind = kind_code(key.kind());
    KeyColumns { kind, t1, t2, u, n }
}

/// Reads a document key.
pub(crate) fn document_key(columns: KeyColumns<'_>) -> Result<DocumentKey, StoreError> {
    let KeyColumns { kind, t1, t2, u, n } = columns;
    let t2 = &*t2;
    let bad = |detail: &dyn std::fmt::Display| corrupt("a document key", detail);
    let key = match kind {
        1 => DocumentKey::Settings,
        2 => DocumentKey::Channel(ChannelId::parse(t1).map_err(|e| bad(&e))?),
        3 => DocumentKey::Hub(HubId::parse(t1).map_err(|e| bad(&e))?),
        4 => DocumentKey::Product(Sku::parse(t1).map_err(|e| bad(&e))?),
        5 => DocumentKey::SkuMapping(
            ChannelId::parse(t1).map_err(|e| bad(&e))?,
            ExternalId::parse(t2).map_err(|e| bad(&e))?,
        ),
        6 => DocumentKey::Customer(CustomerId::from_uuid(u)),
        7 => DocumentKey::Contact(ContactId::from_uuid(u)),
        8 => DocumentKey::Order(OrderId::from_uuid(u)),
        9 => {
            let id = u32::try_from(n).map_err(|e| bad(&e))?;
            let id = FulfillmentId::new(id).map_err(|e| bad(&e))?;
            DocumentKey::Fulfillment(OrderId::from_uuid(u), id)
        }
        10 => DocumentKey::Payload(PayloadId::from_uuid(u)),
        11 => DocumentKey::Explanation(OrderId::from_uuid(u), version(n)?),
        12 => DocumentKey::Host(
            ExternalId::parse(t1).map_err(|e| bad(&e))?,
            ExternalId::parse(t2).map_err(|e| bad(&e))?,
        ),
        13 => DocumentKey::Zones,
        14 => DocumentKey::Slots(
            HubId::parse(t1).map_err(|e| bad(&e))?,
            LocalDate::parse(t2).map_err(|e| bad(&e))?,
        ),
        15 => DocumentKey::Transfer(TransferId::parse(t1).map_err(|e| bad(&e))?),
        other => return Err(bad(&format_args!("kind {other} is unknown"))),
    };
    Ok(key)
}

/// A unique name as columns: kind and three texts.
pub(crate) fn name_columns(key: &UniqueKey) -> (i16, Cow<'_, str>, &str, &str) {
    match key {
        UniqueKey::ExternalReference(channel, kind, id) => (
            1,
            Cow::Borrowed(channel.as_str()),
            kind.as_str(),
            id.as_str(),
        ),
        UniqueKey::OrderNumber(number) => (2, Cow::Owned(number.to_string()), "", ""),
        UniqueKey::Host(kind, id) => (3, Cow::Borrowed(kind.as_str()), id.as_str(), ""),
    }
}

/// A counter as columns: kind and two texts.
pub(crate) fn counter_columns(key: &CounterKey) -> (i16, &str, Cow<'_, str>) {
    match key {
        CounterKey::HubDay(hub, day) => (1, hub.as_str(), Cow::Owned(day.to_string())),
        CounterKey::Host(kind, id) => (2, kind.as_str(), Cow::Borrowed(id.as_str())),
        CounterKey::Slot(SlotKey { hub, date, slot }) => {
            (3, hub.as_str(), Cow::Owned(format!("{date}/{slot}")))
        }
    }
}

/// An owner of reservations as columns: kind, id, name.
pub(crate) fn owner_columns(owner: &Owner) -> (i16, Uuid, &str) {
    match owner {
        Owner::Order(id) => (1, id.as_uuid(), ""),
        Owner::Cart(id) => (2, id.as_uuid(), ""),
        Owner::Host(id) => (3, Uuid::nil(), id.as_str()),
    }
}

/// Reads an owner.
pub(crate) fn owner(kind: i16, id: Uuid, name: &str) -> Result<Owner, StoreError> {
    match kind {
        1 => Ok(Owner::Order(OrderId::from_uuid(id))),
        2 => Ok(Owner::Cart(CartId::from_uuid(id))),
        3 => {
            let name = ExternalId::parse(name);
            name.map(Owner::Host)
                .map_err(|why| corrupt("an owner of reservations", &why))
        }
        other => Err(corrupt(
            "an owner of reservations",
            &format_args!("kind {other} is unknown"),
        )),
    }
}

/// A version as a column; every version fits.
pub(crate) fn number(version: Version) -> i64 {
    i64::try_from(version.get()).unwrap_or(i64::MAX)
}

/// Reads a version.
pub(crate) fn version(number: i64) -> Result<Version, StoreError> {
    let bad = |detail: &dyn std::fmt::Display| corrupt("a version", detail);
    let number = u64::try_from(number).map_err(|why| bad(&why))?;
    Version::new(number).map_err(|why| bad(&why))
}
