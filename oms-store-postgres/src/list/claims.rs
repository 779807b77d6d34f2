//! Lists of reservations, by key.

use oms_core::port::{Page, ReservationFilter, StoreError};
use oms_core::reservation::{Reservation, ReservationKey};
use oms_core::value::TenantId;
use sqlx::postgres::PgRow;

use super::{Builder, LOOK_MAX, asked, page};
use crate::key::owner_columns;
use crate::rows::{claim, claim_key};
use crate::session::Session;

const CLAIM: [&str; 14] = [
    "owner_kind",
    "owner_id",
    "owner_name",
    "line",
    "hub",
    "sku",
    "tentative",
    "confirmed",
    "consumed",
    "released",
    "expired",
    "lapsed",
    "expires_at",
    "version",
];

pub(crate) async fn reservations(
    session: &Session,
    tenant: &TenantId,
    filter: &ReservationFilter,
    after: Option<&ReservationKey>,
    limit: usize,
) -> Result<Page<(ReservationKey, Reservation), ReservationKey>, StoreError> {
    let rows = asked(limit)?;
    let until = look_until(session, tenant, filter, after).await?;
    let mut sql = of_reservations(tenant);
    if let Some(owner) = &filter.owner {
        let (kind, id, name) = owner_columns(owner);
        sql.push(" AND owner_kind = ").push_bind(kind);
        sql.push(" AND owner_id = ").push_bind(id);
        sql.push(" AND owner_name = ").push_bind(name.to_owned());
    }
    if let Some(sku) = &filter.sku {
        sql.push(" AND sku = ").push_bind(sku.as_str());
    }
    if let Some(hub) = &filter.hub {
        sql.push(" AND hub = ").push_bind(hub.as_str());
    }
    if filter.due {
        sql.push(" AND ((tentative > 0 AND expires_at <= coalesce(");
        sql.push_bind(session.fixed_time());
        // Of orders; other owners keep there what they settled.
        sql.push(", statement_timestamp())) OR (lapsed > 0 AND owner_kind = 1))");
    }
    if filter.live {
        // The words of the partial index, which the planner must recognise.
        sql.push(" AND tentative + confirmed > 0");
    }
    if let Some(after) = after {
        beyond(&mut sql, ">", after);
    }
    if let Some(until) = &until {
        beyond(&mut sql, "<=", until);
    }
    in_order(&mut sql).push(" LIMIT ").push_bind(rows);
    let rows = session.read(sql.build()).await?;
    let place = |row: &PgRow| claim_key(row, &CLAIM);
    let mut page = page(&rows, limit, |row| claim(row, &CLAIM), place)?;
    page.next = page.next.or(until);
    Ok(page)
}

/// Where a page ends that may be short. What is live at a hub has an index of its own.
async fn look_until(
    session: &Session,
    tenant: &TenantId,
    filter: &ReservationFilter,
    after: Option<&ReservationKey>,
) -> Result<Option<ReservationKey>, StoreError> {
    let plain = filter.sku.is_none() && filter.hub.is_none() && !filter.live;
    let live_there = filter.live && filter.hub.is_some();
    if plain || live_there || filter.due || filter.owner.is_some() {
        return Ok(None);
    }
    let mut sql = of_reservations(tenant);
    if let Some(after) = after {
        beyond(&mut sql, ">", after);
    }
    in_order(&mut sql)
        .push(" OFFSET ")
        .push_bind(LOOK_MAX - 1)
        .push(" LIMIT 1");
    let rows = session.read(sql.build()).await?;
    let last = rows.last().map(|row| claim_key(row, &CLAIM));
    last.transpose()
}

fn of_reservations(tenant: &TenantId) -> Builder {
    let mut sql = Builder::new(
        "SELECT owner_kind, owner_id, owner_name, line::bigint, hub, sku, tentative::bigint, \
         confirmed::bigint, consumed::bigint, released::bigint, expired::bigint, lapsed::bigint, \
         expires_at, version FROM oms.reservation WHERE tenant = ",
    );
    sql.push_bind(tenant.as_str().to_owned());
    sql
}

/// Compares the key of a reservation.
fn beyond(sql: &mut Builder, how: &str, key: &ReservationKey) {
    let (kind, id, name) = owner_columns(&key.owner);
    sql.push(" AND (owner_kind, owner_id, owner_name, line, hub, sku) ");
    sql.push(how).push(" (");
    let mut values = sql.separated(", ");
    values
        .push_bind(kind)
        .push_bind(id)
        .push_bind(name.to_owned());
    values.push_bind(i32::try_from(key.line.get()).unwrap_or(i32::MAX));
    values
        .push_bind(key.hub.as_str().to_owned())
        .push_bind(key.sku.as_str().to_owned());
    sql.push(")");
}

fn in_order(sql: &mut Builder) -> &mut Builder {
    sql.push(" ORDER BY owner_kind, owner_id, owner_name, oms.reservation.line, hub, sku")
}
