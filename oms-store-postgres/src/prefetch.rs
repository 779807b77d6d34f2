//! Answering the keys of a plan: one statement, one wide row per thing found.

use std::sync::Arc;

use chrono::{DateTime, Utc};
use oms_core::plan::{CommandRecord, CounterKey, Fingerprint, Keys, Snapshot, UniqueKey};
use oms_core::port::StoreError;
use oms_core::value::{IdempotencyKey, Sku, TenantId, Timestamp, Units};
use sqlx::Row;
use sqlx::postgres::PgRow;
use uuid::Uuid;

use crate::document::{PREFETCHED, document};
use crate::error::{corrupt, unreadable};
use crate::key::{
    KeyColumns, counter_columns, document_columns, document_key, name_columns, owner_columns,
    version,
};
use crate::rows::{claim, level, units_or_none};
use crate::session::Session;
use crate::time::timestamp;

const SQL: &str = "SELECT * FROM oms.prefetch_v1($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, \
    $12, $13, $14, $15, $16, $17, $18, $19, $20, $21, $22, $23)";

/// Reads everything the keys name.
pub(crate) async fn prefetch(
    session: &Session,
    tenant: &TenantId,
    keys: &Keys,
) -> Result<Snapshot, StoreError> {
    let documents: Vec<KeyColumns<'_>> = keys.documents.iter().map(document_columns).collect();
    let names: Vec<_> = keys.unique.iter().map(name_columns).collect();
    let owners: Vec<_> = keys.owners.iter().map(owner_columns).collect();
    let orders: Vec<Uuid> = keys.orders.iter().map(|id| id.as_uuid()).collect();
    let hubs: Vec<&str> = keys.stock.iter().map(|key| key.hub.as_str()).collect();
    let rows: Vec<&str> = keys.stock.iter().map(|key| key.sku.as_str()).collect();
    let skus: Vec<&str> = keys.sku_stock.iter().map(Sku::as_str).collect();
    let commands: Vec<&str> = keys.commands.iter().map(IdempotencyKey::as_str).collect();
    let counters: Vec<_> = keys.counters.iter().map(counter_columns).collect();
    let query = sqlx::query(SQL)
        .bind(tenant.as_str())
        .bind(session.fixed_time())
        .bind(documents.iter().map(|key| key.kind).collect::<Vec<i16>>())
        .bind(documents.iter().map(|key| key.t1).collect::<Vec<&str>>())
        .bind(documents.iter().map(|key| &*key.t2).collect::<Vec<&str>>())
        .bind(documents.iter().map(|key| key.u).collect::<Vec<Uuid>>())
        .bind(documents.iter().map(|key| key.n).collect::<Vec<i64>>())
        .bind(orders)
        .bind(keys.hubs)
        .bind(hubs)
        .bind(rows)
        .bind(skus)
        .bind(names.iter().map(|name| name.0).collect::<Vec<i16>>())
        .bind(names.iter().map(|name| &*name.1).collect::<Vec<&str>>())
        .bind(names.iter().map(|name| name.2).collect::<Vec<&str>>())
        .bind(names.iter().map(|name| name.3).collect::<Vec<&str>>())
        .bind(owners.iter().map(|owner| owner.0).collect::<Vec<i16>>())
        .bind(owners.iter().map(|owner| owner.1).collect::<Vec<Uuid>>())
        .bind(owners.iter().map(|owner| owner.2).collect::<Vec<&str>>())
        .bind(commands)
        .bind(counters.iter().map(|key| key.0).collect::<Vec<i16>>())
        .bind(counters.iter().map(|key| key.1).collect::<Vec<&str>>())
        .bind(counters.iter().map(|key| &*key.2).collect::<Vec<&str>>());
    let rows = session.read(query).await?;
    let mut found = Snapshot::empty(Timestamp::EPOCH);
    let asked = Asked {
        names: keys.unique.iter().collect(),
        commands: keys.commands.iter().collect(),
        counters: keys.counters.iter().collect(),
    };
    for row in &rows {
        add(&mut found, &asked, row)?;
    }
    Ok(found)
}

/// What rows refer to by place.
struct Asked<'a> {
    names: Vec<&'a UniqueKey>,
    commands: Vec<&'a IdempotencyKey>,
    counters: Vec<&'a CounterKey>,
}

fn add(found: &mut Snapshot, asked: &Asked<'_>, row: &PgRow) -> Result<(), StoreError> {
    let shape: i16 = row.try_get("shape").map_err(unreadable)?;
    match shape {
        0 => {
            found.now = time(row)?;
            found.catalogue = version(big(row, "n1")?)?;
        }
        1 => {
            let document = document(row, PREFETCHED)?;
            found.documents.insert(document.key.clone(), document);
        }
        2 => {
            let (key, level) = level(row, &PREFETCHED_STOCK)?;
            if let Some(units) = units_or_none(row, "n7")? {
                found.reclaimable.insert(key.clone(), units);
            }
            found.stock.insert(key, level);
        }
        3 => {
            let name = nth(&asked.names, row)?;
            let kind = big(row, "n2")?;
            let holder = document_key(KeyColumns {
                kind: i16::try_from(kind).map_err(|why| corrupt("a holder", &why))?,
                t1: row.try_get("a").map_err(unreadable)?,
                t2: row.try_get::<&str, _>("b").map_err(unreadable)?.into(),
                u: row.try_get("u").map_err(unreadable)?,
                n: big(row, "n")?,
            })?;
            found.unique.insert((*name).clone(), holder);
        }
        4 => {
            let (key, reservation) = claim(row, &PREFETCHED_CLAIM)?;
            found.reservations.insert(key, reservation);
        }
        5 => {
            let key = nth(&asked.commands, row)?;
            found.commands.insert((*key).clone(), command(row)?);
        }
        6 => {
            let key = nth(&asked.counters, row)?;
            let taken = Units::try_from(big(row, "n2")?);
            let taken = taken.map_err(|why| corrupt("a counter", &why))?;
            found.counters.insert((*key).clone(), taken);
        }
        other => return Err(corrupt("a row", &format_args!("shape {other} is unknown"))),
    }
    Ok(())
}

const PREFETCHED_STOCK: [&str; 8] = ["a", "b", "n1", "n2", "n3", "n4", "n5", "n6"];

const PREFETCHED_CLAIM: [&str; 14] = [
    "n8", "u", "c", "n7", "a", "b", "n1", "n2", "n3", "n4", "n5", "n6", "t1", "version",
];

fn nth<'a, T>(asked: &'a [T], row: &PgRow) -> Result<&'a T, StoreError> {
    let place = usize::try_from(big(row, "n1")?).map_err(|why| corrupt("a row", &why))?;
    let found = place.checked_sub(1).and_then(|at| asked.get(at));
    found.ok_or_else(|| corrupt("a row", &format_args!("nothing at place {place}")))
}

fn big(row: &PgRow, column: &str) -> Result<i64, StoreError> {
    row.try_get(column).map_err(unreadable)
}

fn time(row: &PgRow) -> Result<Timestamp, StoreError> {
    let at: DateTime<Utc> = row.try_get("t1").map_err(unreadable)?;
    timestamp(at)
}

fn command(row: &PgRow) -> Result<CommandRecord, StoreError> {
    let bytes: &[u8] = row.try_get("bytes").map_err(unreadable)?;
    let receipt: &str = row.try_get("body").map_err(unreadable)?;
    let bytes = bytes
        .try_into()
        .map_err(|why| corrupt("a fingerprint", &why))?;
    Ok(CommandRecord {
        fingerprint: Fingerprint(bytes),
        receipt: Arc::from(receipt),
        at: time(row)?,
    })
}
