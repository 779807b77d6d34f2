//! Reading stock rows, reservations, movements and events.

use std::borrow::Cow;
use std::sync::Arc;

use chrono::{DateTime, Utc};
use oms_core::event::{Actor, ActorKind, EventId, EventRecord, Origin, StreamId};
use oms_core::port::StoreError;
use oms_core::reservation::{Reservation, ReservationKey};
use oms_core::stock::{Movement, MovementDraft, MovementKind, StockKey, StockLevel};
use oms_core::value::{
    ActorId, HubId, IdempotencyKey, LineId, MovementId, OrderId, Reason, RequestId, Sku, TenantId,
    Timestamp, TransferId, Units,
};
use serde::Deserialize;
use serde_json::value::RawValue;
use sqlx::postgres::PgRow;
use sqlx::{Decode, Postgres, Row, Type};
use uuid::Uuid;

use crate::error::{corrupt, unreadable};
use crate::key::{owner, version};
use crate::time::timestamp;

pub(crate) fn column<'r, T: Decode<'r, Postgres> + Type<Postgres>>(
    row: &'r PgRow,
    name: &str,
) -> Result<T, StoreError> {
    row.try_get(name).map_err(unreadable)
}

/// Parses a text column.
pub(crate) fn parsed<T, E: std::fmt::Display>(
    row: &PgRow,
    name: &str,
    parse: impl Fn(&str) -> Result<T, E>,
) -> Result<T, StoreError> {
    let text: &str = column(row, name)?;
    parse(text).map_err(|why| corrupt(name, &why))
}

/// Parses a text column that may be null.
pub(crate) fn parsed_if<T, E: std::fmt::Display>(
    row: &PgRow,
    name: &str,
    parse: impl Fn(&str) -> Result<T, E>,
) -> Result<Option<T>, StoreError> {
    let text: Option<&str> = column(row, name)?;
    let parsed = text.map(parse).transpose();
    parsed.map_err(|why| corrupt(name, &why))
}

pub(crate) fn time(row: &PgRow, name: &str) -> Result<Timestamp, StoreError> {
    let at: DateTime<Utc> = column(row, name)?;
    timestamp(at)
}

fn units(row: &PgRow, name: &str) -> Result<Units, StoreError> {
    let units: i64 = column(row, name)?;
    Units::try_from(units).map_err(|why| corrupt(name, &why))
}

/// Units, or nothing where there are none.
pub(crate) fn units_or_none(row: &PgRow, name: &str) -> Result<Option<Units>, StoreError> {
    let found: Option<i64> = column(row, name)?;
    let found = found.filter(|units| *units > 0);
    let units = found.map(Units::try_from).transpose();
    units.map_err(|why| corrupt(name, &why))
}

/// Reads a stock row; the columns are hub, SKU, on hand, reserved, incoming, safety, shortfall and
/// version, the counters as `bigint`.
pub(crate) fn level(
    row: &PgRow,
    columns: &[&str; 8],
) -> Result<(StockKey, StockLevel), StoreError> {
    let key = level_key(row, columns)?;
    let [
        _,
        _,
        on_hand,
        reserved,
        incoming,
        safety,
        shortfall,
        changes,
    ] = *columns;
    let level = StockLevel {
        on_hand: units(row, on_hand)?,
        reserved: units(row, reserved)?,
        incoming: units(row, incoming)?,
        safety: units(row, safety)?,
        shortfall: units(row, shortfall)?,
        version: version(column(row, changes)?)?,
    };
    Ok((key, level))
}

/// Reads the key of a stock row; the columns are those of [`level`].
pub(crate) fn level_key(row: &PgRow, columns: &[&str; 8]) -> Result<StockKey, StoreError> {
    let [hub, sku, ..] = *columns;
    Ok(StockKey {
        hub: parsed(row, hub, HubId::parse)?,
        sku: parsed(row, sku, Sku::parse)?,
    })
}

/// Reads a reservation; the columns are owner kind, owner id, owner name, line, hub, SKU,
/// tentative, confirmed, consumed, released, expired, lapsed, end and version, the line and the
/// counters as `bigint`.
pub(crate) fn claim(
    row: &PgRow,
    columns: &[&str; 14],
) -> Result<(ReservationKey, Reservation), StoreError> {
    let key = claim_key(row, columns)?;
    let [_, _, _, _, _, _, counters @ .., end, changes] = *columns;
    let [tentative, confirmed, consumed, released, expired, lapsed] = counters;
    let ends: Option<DateTime<Utc>> = column(row, end)?;
    let claim = Reservation {
        tentative: units(row, tentative)?,
        confirmed: units(row, confirmed)?,
        consumed: units(row, consumed)?,
        released: units(row, released)?,
        expired: units(row, expired)?,
        lapsed: units(row, lapsed)?,
        expires_at: ends.map(timestamp).transpose()?,
        version: version(column(row, changes)?)?,
    };
    Ok((key, claim))
}

/// Reads the key of a reservation; the columns are those of [`claim`].
pub(crate) fn claim_key(row: &PgRow, columns: &[&str; 14]) -> Result<ReservationKey, StoreError> {
    let [kind, id, name, line, hub, sku, ..] = *columns;
    let number: i64 = column(row, line)?;
    let bad_line = |why: &dyn std::fmt::Display| corrupt("a line", why);
    let number = u32::try_from(number).map_err(|why| bad_line(&why))?;
    Ok(ReservationKey {
        owner: owner(column(row, kind)?, column(row, id)?, column(row, name)?)?,
        line: LineId::new(number).map_err(|why| bad_line(&why))?,
        hub: parsed(row, hub, HubId::parse)?,
        sku: parsed(row, sku, Sku::parse)?,
    })
}

const ACTORS: [ActorKind; 6] = [
    ActorKind::Person,
    ActorKind::System,
    ActorKind::Automatic,
    ActorKind::Job,
    ActorKind::Channel,
    ActorKind::Warehouse,
];

fn actor_kind(text: &str) -> Result<ActorKind, &'static str> {
    let found = ACTORS.into_iter().find(|kind| kind.as_str() == text);
    found.ok_or("the kind of actor is unknown")
}

fn origin(row: &PgRow, reason: &str) -> Result<Origin, StoreError> {
    let kind = parsed(row, "actor_kind", actor_kind)?;
    let id = parsed_if(row, "actor_id", ActorId::parse)?;
    Ok(Origin {
        actor: Actor { kind, id },
        reason: parsed_if(row, reason, |text| Reason::parse(text))?,
        request_id: parsed_if(row, "request_id", RequestId::parse)?,
        key: parsed(row, "command_key", IdempotencyKey::parse)?,
    })
}

/// Reads a movement.
pub(crate) fn movement(row: &PgRow) -> Result<Movement, StoreError> {
    let id: Uuid = column(row, "id")?;
    let order: Option<Uuid> = column(row, "order_id")?;
    let draft = MovementDraft {
        id: MovementId::from_uuid(id),
        stock: StockKey {
            hub: parsed(row, "hub", HubId::parse)?,
            sku: parsed(row, "sku", Sku::parse)?,
        },
        kind: parsed(row, "kind", |text| {
            let found = MovementKind::ALL
                .into_iter()
                .find(|kind| kind.as_str() == text);
            found.ok_or("the kind of movement is unknown")
        })?,
        delta: column(row, "delta")?,
        order: order.map(OrderId::from_uuid),
        transfer: parsed_if(row, "transfer", TransferId::parse)?,
        reason: parsed_if(row, "reason", |text| Reason::parse(text))?,
    };
    Ok(Movement {
        draft,
        origin: origin(row, "origin_reason")?,
        at: time(row, "at")?,
    })
}

/// An event as it stands in the body of its row: name, schema, body, and the kind and the id of
/// who did it where that is not the actor of the row.
#[derive(Deserialize)]
struct Told<'a>(
    #[serde(borrow)] Cow<'a, str>,
    u16,
    #[serde(borrow)] &'a RawValue,
    #[serde(borrow, default)] Option<Cow<'a, str>>,
    #[serde(borrow, default)] Option<Cow<'a, str>>,
);

/// Reads what a command said in a stream, in order.
pub(crate) fn events(
    row: &PgRow,
    tenant: &TenantId,
    stream: &StreamId,
) -> Result<Vec<EventRecord>, StoreError> {
    let first: i64 = column(row, "seq")?;
    let origin = origin(row, "reason")?;
    let at = time(row, "at")?;
    let told: Vec<Told<'_>> = serde_json::from_str(column(row, "body")?)
        .map_err(|why| corrupt("the events of a command", &why))?;
    let read = |(place, told): (i64, Told<'_>)| {
        let Told(name, schema, body, kind, id) = told;
        let mut origin = origin.clone();
        if let Some(kind) = kind {
            let id = id.as_deref().map(ActorId::parse).transpose();
            let id = id.map_err(|why| corrupt("an actor", &why))?;
            let kind = actor_kind(&kind).map_err(|why| corrupt("an actor", &why))?;
            origin.actor = Actor { kind, id };
        }
        Ok(EventRecord {
            tenant: tenant.clone(),
            id: EventId {
                stream: stream.clone(),
                seq: version(place)?,
            },
            name: Arc::from(name),
            schema,
            origin,
            at,
            body: Arc::from(body.get()),
        })
    };
    (first..).zip(told).map(read).collect()
}
