//! Batches that can be committed as a whole: nearly all of them. The groups, their columns and
//! their order are those of `sql/commit_whole_v1.sql`.

mod counter;
mod pack;
mod sort;
mod stock;

use std::borrow::Cow;
use std::time::Duration;

use oms_core::job::JobDraft;
use oms_core::plan::{
    Body, ChangeSet, CounterKey, DocumentKey, DocumentWrite, Expected, Index, OrderIndex, UniqueKey,
};
use oms_core::reservation::{ReservationDelta, ReservationKey};
use oms_core::stock::{MovementDraft, StockKey};
use oms_core::value::{TenantId, Timestamp, Version};
use sqlx::Postgres;
use sqlx::postgres::PgArguments;
use sqlx::query::Query;

use self::counter::Count;
use self::pack::Pack;
use self::sort::{Placed, Sorted};
use self::stock::Row;
use super::rows::Time;
use super::told::tell_all;
use crate::key::{counter_columns, document_columns, name_columns, number, owner_columns};
use crate::time::column;

/// What a tenant commits, sound.
pub(crate) type Part<'a> = (&'a TenantId, &'a [&'a ChangeSet]);

/// The statement that commits a batch, at `now` instead of the server's time if given. It may wait
/// for a lock for as long as `wait` says, if given.
pub(crate) fn statement<'q>(
    whole: &'q Pack<'_>,
    wait: Option<Duration>,
    now: Option<Time>,
) -> Query<'q, Postgres, PgArguments> {
    sqlx::query("SELECT oms.commit_whole_v1($1, $2, $3, $4, $5, $6, $7, $8, $9, $10) AS at")
        .bind(wait.map(|wait| format!("{}ms", wait.as_millis().max(1))))
        .bind(now)
        .bind(whole.planned.map(|(first, _)| first))
        .bind(whole.planned.map(|(_, last)| last))
        .bind(&whole.at[..])
        .bind(&whole.texts[..])
        .bind(&whole.numbers[..])
        .bind(&whole.ids[..])
        .bind(&whole.times[..])
        .bind(&whole.bytes[..])
}

/// Encodes sound change sets of tenants in their order, each once, if all can be decided together.
pub(crate) fn whole<'a>(parts: &[Part<'a>]) -> Option<Pack<'a>> {
    let mut batch = Vec::with_capacity(parts.len());
    let mut first = 1;
    for (tenant, sets) in parts {
        batch.push((*tenant, Sorted::of(sets, first)?));
        first = i64::try_from(sets.len()).ok()?.checked_add(first)?;
    }
    let mut pack = Pack::default();
    pack.group(parts.iter().copied(), |pack, set| put_item(pack, set));
    put_what_is_there(&mut pack, &batch);
    put_what_is_appended(&mut pack, &batch);
    Some(pack)
}

/// Whether change sets of a tenant can be decided together.
pub(crate) fn is_whole(sets: &[&ChangeSet]) -> bool {
    Sorted::of(sets, 1).is_some()
}

type Batch<'a> = [(&'a TenantId, Sorted<'a>)];

/// Documents, names and claims.
fn put_what_is_there<'a>(pack: &mut Pack<'a>, batch: &Batch<'a>) {
    pack.group(
        of(batch, |sorted| {
            sorted.required.iter().filter(|key| !is_customer(key))
        }),
        |pack, key| put_required(pack, key),
    );
    pack.group(
        of(batch, |sorted| {
            sorted.required.iter().filter(|key| is_customer(key))
        }),
        |pack, key| pack.id(document_columns(key).u),
    );
    pack.group(of(batch, |sorted| &sorted.names), |pack, (key, holder)| {
        put_name(pack, key, holder);
    });
    for made in [true, false] {
        pack.group(
            of(batch, |sorted| {
                let heads = sorted.heads.iter();
                heads.filter(move |(write, _)| is_made(write) == made)
            }),
            |pack, (write, order)| put_head(pack, write, order),
        );
    }
    for made in [true, false] {
        pack.group(
            of(batch, |sorted| {
                let works = sorted.fulfillments.iter();
                works.filter(move |write| is_made(write) == made)
            }),
            |pack, write| put_fulfillment(pack, write),
        );
    }
    pack.group(of(batch, |sorted| &sorted.contacts), |pack, write| {
        put_personal(pack, write);
    });
    pack.group(of(batch, |sorted| &sorted.payloads), |pack, write| {
        put_personal(pack, write);
    });
    pack.group(of(batch, |sorted| &sorted.explanations), |pack, write| {
        put_explanation(pack, write);
    });
    pack.group(
        of(batch, |sorted| {
            let claims = sorted.claims.iter();
            claims.filter(|(_, delta)| is_claimed(delta))
        }),
        |pack, (key, delta)| put_claim(pack, key, delta),
    );
    pack.group(
        of(batch, |sorted| {
            let claims = sorted.claims.iter();
            claims.filter(|(_, delta)| !is_claimed(delta))
        }),
        |pack, (key, delta)| put_claim_change(pack, key, delta),
    );
}

/// The ledgers, what is counted, jobs, and the catalogues.
fn put_what_is_appended<'a>(pack: &mut Pack<'a>, batch: &Batch<'a>) {
    pack.group(
        of(batch, |sorted| &sorted.movements),
        |pack, (item, draft)| {
            put_movement(pack, *item, draft);
        },
    );
    pack.group(
        of(batch, |sorted| {
            let streams = sorted.streams.iter();
            streams.filter(|(_, first)| **first != Version::ZERO.next())
        }),
        |pack, (stream, first)| {
            pack.text(stream.kind.as_str());
            pack.text(&stream.id);
            pack.number(number(*first).saturating_sub(1));
        },
    );
    pack.group(
        of(batch, |sorted| sorted.events.chunk_by(is_of_one_row)),
        put_events,
    );
    pack.group(of(batch, |sorted| &sorted.stock), |pack, (key, row)| {
        put_stock(pack, key, row);
    });
    pack.group(
        of(batch, |sorted| &sorted.counters),
        |pack, (key, count)| put_counter(pack, key, count),
    );
    pack.group(
        of(batch, |sorted| &sorted.jobs),
        |pack, (planned_at, draft)| {
            put_job(pack, *planned_at, draft);
        },
    );
    pack.group(
        of(batch, |sorted| sorted.appended.chunk_by(is_of_one_row)),
        put_events,
    );
    // What a catalogue holds is asked for while nobody changes it.
    pack.group(
        of(batch, |sorted| {
            let asks = !sorted.required.iter().all(|key| is_customer(key));
            let any = asks.then_some(ANY_VERSION);
            sorted.catalogue.map(number).or(any)
        }),
        |pack, version| pack.number(version),
    );
}

/// Any version of the catalogue will do.
const ANY_VERSION: i64 = -1;

/// The rows of a group, tenant by tenant.
fn of<'s, 'a, R>(
    batch: &'s Batch<'a>,
    rows: impl Fn(&'s Sorted<'a>) -> R,
) -> impl Iterator<Item = (&'a TenantId, R)> {
    batch
        .iter()
        .map(move |(tenant, sorted)| (*tenant, rows(sorted)))
}

fn is_made(write: &DocumentWrite) -> bool {
    write.expected == Expected::Absent
}

const fn is_customer(key: &DocumentKey) -> bool {
    matches!(key, DocumentKey::Customer(_))
}

const fn is_claimed(delta: &ReservationDelta) -> bool {
    matches!(delta, ReservationDelta::Reserve { .. })
}

/// Whether two events are told in one row: of one item, in one stream.
fn is_of_one_row(one: &Placed<'_>, next: &Placed<'_>) -> bool {
    (one.item, &one.event.stream) == (next.item, &next.event.stream)
}

fn put_item<'a>(pack: &mut Pack<'a>, set: &'a ChangeSet) {
    let origin = &set.origin;
    pack.text(origin.key.as_str());
    pack.text(&set.receipt);
    pack.text(origin.actor.kind.as_str());
    pack.text_or_none(origin.actor.id.as_ref().map(|id| id.as_str()));
    pack.text_or_none(origin.reason.as_ref().map(|text| text.as_str()));
    pack.text_or_none(origin.request_id.as_ref().map(|id| id.as_str()));
    let planned = column(set.planned_at);
    let (first, last) = pack.planned.unwrap_or((planned, planned));
    pack.planned = Some((first.min(planned), last.max(planned)));
    pack.time(planned);
    pack.bytes.push(&set.fingerprint.0);
}

fn put_required<'a>(pack: &mut Pack<'a>, key: &'a DocumentKey) {
    let columns = document_columns(key);
    pack.text(columns.t1);
    pack.number(columns.kind);
}

fn put_name<'a>(pack: &mut Pack<'a>, key: &'a UniqueKey, holder: &'a DocumentKey) {
    let (kind, a, b, c) = name_columns(key);
    let holder = document_columns(holder);
    pack.cow(a);
    for text in [b, c, holder.t1] {
        pack.text(text);
    }
    pack.cow(holder.t2);
    pack.number(kind);
    pack.number(holder.kind);
    pack.number(holder.n);
    pack.id(holder.u);
}

fn put_head<'a>(pack: &mut Pack<'a>, write: &'a DocumentWrite, order: &'a OrderIndex) {
    let (schema, body) = body(write);
    pack.text(order.status.as_str());
    pack.text(order.channel.as_str());
    pack.text_or_none(body);
    pack.number(expected(write));
    pack.number(number(write.version));
    pack.number(i64::try_from(order.number.get()).unwrap_or(i64::MAX));
    pack.number(schema);
    pack.id(document_columns(&write.key).u);
    pack.id_or_none(order.customer.map(|id| id.as_uuid()));
    pack.time(column(order.placed_at));
    pack.time(column(order.state_since));
    pack.time_or_none(order.promised_by.map(column));
}

fn put_fulfillment<'a>(pack: &mut Pack<'a>, write: &'a DocumentWrite) {
    let (schema, body) = body(write);
    let key = document_columns(&write.key);
    pack.text_or_none(body);
    pack.number(key.n);
    pack.number(expected(write));
    pack.number(number(write.version));
    pack.number(schema);
    pack.id(key.u);
}

fn put_personal<'a>(pack: &mut Pack<'a>, write: &'a DocumentWrite) {
    let (schema, body) = body(write);
    let (personal, customer, order) = match &write.index {
        Index::Personal { customer, order } => (true, *customer, *order),
        Index::None | Index::Active(_) | Index::Order(_) => (false, None, None),
    };
    pack.text_or_none(body);
    pack.number(number(write.version));
    pack.number(schema);
    pack.number(i16::from(personal));
    pack.id(document_columns(&write.key).u);
    pack.id_or_none(customer.map(|id| id.as_uuid()));
    pack.id_or_none(order.map(|id| id.as_uuid()));
}

fn put_explanation<'a>(pack: &mut Pack<'a>, write: &'a DocumentWrite) {
    let (schema, body) = body(write);
    let key = document_columns(&write.key);
    pack.text_or_none(body);
    pack.number(key.n);
    pack.number(number(write.version));
    pack.number(schema);
    pack.id(key.u);
}

fn put_claim_key<'a>(pack: &mut Pack<'a>, key: &'a ReservationKey) {
    let (kind, owner, name) = owner_columns(&key.owner);
    pack.text(name);
    pack.text(key.hub.as_str());
    pack.text(key.sku.as_str());
    pack.number(kind);
    pack.number(key.line.get());
    pack.id(owner);
}

fn put_claim<'a>(pack: &mut Pack<'a>, key: &'a ReservationKey, delta: &ReservationDelta) {
    put_claim_key(pack, key);
    let units = delta.quantity().get();
    let until = match delta {
        ReservationDelta::Reserve { expires_at, .. } => *expires_at,
        ReservationDelta::Confirm { .. }
        | ReservationDelta::Release { .. }
        | ReservationDelta::Expire { .. }
        | ReservationDelta::Consume { .. }
        | ReservationDelta::Acknowledge { .. }
        | ReservationDelta::Settle { .. } => None,
    };
    let tentative = until.is_some();
    pack.number(if tentative { units } else { 0 });
    pack.number(if tentative { 0 } else { units });
    pack.time_or_none(until.map(column));
}

fn put_claim_change<'a>(pack: &mut Pack<'a>, key: &'a ReservationKey, delta: &ReservationDelta) {
    put_claim_key(pack, key);
    let units = i64::from(delta.quantity().get());
    // Tentative, confirmed, consumed, released, and 1 where the end must not have come.
    let changes = match delta {
        ReservationDelta::Confirm { .. } => [-units, units, 0, 0, 1],
        ReservationDelta::Release { tentative, .. } if *tentative => [-units, 0, 0, units, 0],
        ReservationDelta::Release { .. } => [0, -units, 0, units, 0],
        ReservationDelta::Consume { .. } => [0, -units, units, 0, 0],
        ReservationDelta::Reserve { .. }
        | ReservationDelta::Expire { .. }
        | ReservationDelta::Acknowledge { .. }
        | ReservationDelta::Settle { .. } => [0; 5],
    };
    for change in changes {
        pack.number(change);
    }
}

fn put_movement<'a>(pack: &mut Pack<'a>, item: i64, draft: &'a MovementDraft) {
    pack.text(draft.stock.hub.as_str());
    pack.text(draft.stock.sku.as_str());
    pack.text(draft.kind.as_str());
    pack.text_or_none(draft.reason.as_ref().map(|text| text.as_str()));
    pack.number(item);
    pack.number(draft.delta);
    pack.id(draft.id.as_uuid());
    pack.id_or_none(draft.order.map(|id| id.as_uuid()));
}

/// The events of an item in one stream.
fn put_events<'a>(pack: &mut Pack<'a>, events: &[Placed<'a>]) {
    let Some(first) = events.first() else {
        return;
    };
    pack.text(first.event.stream.kind.as_str());
    pack.text(&first.event.stream.id);
    pack.cow(Cow::Owned(tell_all(
        events.iter().map(|placed| placed.event),
    )));
    pack.number(first.item);
    pack.number(number(first.place));
    pack.number(i64::try_from(events.len()).unwrap_or(i64::MAX));
}

fn put_counter<'a>(pack: &mut Pack<'a>, key: &'a CounterKey, count: &Count) {
    let (kind, a, b) = counter_columns(key);
    pack.text(a);
    pack.cow(b);
    pack.number(kind);
    for number in [count.change, count.least, count.most, count.beyond] {
        pack.number(number);
    }
}

fn put_job<'a>(pack: &mut Pack<'a>, planned_at: Timestamp, draft: &'a JobDraft) {
    for text in [draft.queue.as_str(), draft.kind.as_str(), &*draft.payload] {
        pack.text(text);
    }
    pack.text_or_none(draft.unique.as_ref().map(|key| key.as_str()));
    pack.text_or_none(draft.trace.as_ref().map(|id| id.as_str()));
    pack.number(i64::from(draft.priority.rank()));
    pack.number(i64::from(draft.max_attempts));
    pack.id(draft.id.as_uuid());
    pack.time(column(draft.run_at.resolve(planned_at)));
}

fn put_stock(pack: &mut Pack<'_>, key: &StockKey, row: &Row) {
    pack.cow(Cow::Owned(key.hub.as_str().to_owned()));
    pack.cow(Cow::Owned(key.sku.as_str().to_owned()));
    for number in [
        row.items,
        row.on_hand,
        row.reserved,
        row.least_on_hand,
        row.least_reserved,
        row.most,
        row.claim,
        row.spare,
    ] {
        pack.number(number);
    }
}

/// Schema and text of a body; nothing where the old one stays.
fn body(write: &DocumentWrite) -> (i16, Option<&str>) {
    match &write.body {
        Body::Write { schema, json } => (schema.cast_signed(), Some(&**json)),
        Body::Keep => (0, None),
    }
}

/// The version that must be found, -1 where there must be none.
fn expected(write: &DocumentWrite) -> i64 {
    match write.expected {
        Expected::Absent => -1,
        Expected::Version(version) => number(version),
    }
}
