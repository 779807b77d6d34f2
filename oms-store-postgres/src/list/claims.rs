//! Lists of reservations, by key.

use oms_core::port::{Page, ReservationFilter, StoreError};
use oms_core::reservation::{Reservation, ReservationKey};
use oms_core::value::TenantId;
use sqlx::postgres::PgRow;

use super::{Builder, List};
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

const SHOWN: &str = "owner_kind, owner_id, owner_name, line::bigint, hub, sku, \
    tentative::bigint, confirmed::bigint, consumed::bigint, released::bigint, expired::bigint, \
    lapsed::bigint, expires_at, version";

/// The line is that of the table: what is shown of it is another column of the same name.
const ORDER: &str = "owner_kind, owner_id, owner_name, looked.line, hub, sku";

pub(crate) async fn reservations(
    session: &Session,
    tenant: &TenantId,
    filter: &ReservationFilter,
    after: Option<&ReservationKey>,
    limit: usize,
) -> Result<Page<(ReservationKey, Reservation), ReservationKey>, StoreError> {
    let list = List {
        columns: SHOWN,
        table: "oms.reservation looked",
        order: ORDER,
        rare: is_rare(filter),
    };
    let within = |sql: &mut Builder| of_tenant(sql, tenant, after);
    let like = |sql: &mut Builder| like(sql, session, filter);
    let read = |row: &PgRow| claim(row, &CLAIM);
    let place = |row: &PgRow| claim_key(row, &CLAIM);
    list.read(session, limit, within, like, read, place).await
}

/// Whether claims may be few that no index knows. What is live at a hub has an index of its own.
fn is_rare(filter: &ReservationFilter) -> bool {
    let plain = filter.sku.is_none() && filter.hub.is_none() && !filter.live;
    let live_there = filter.live && filter.hub.is_some();
    !(plain || live_there || filter.due || filter.owner.is_some())
}

/// What the claims are like, wherever they stand in the list.
fn like(sql: &mut Builder, session: &Session, filter: &ReservationFilter) {
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
}

/// Claims of the tenant from a place on.
fn of_tenant(sql: &mut Builder, tenant: &TenantId, after: Option<&ReservationKey>) {
    sql.push("tenant = ").push_bind(tenant.as_str().to_owned());
    let Some(after) = after else { return };
    let (kind, id, name) = owner_columns(&after.owner);
    sql.push(" AND (owner_kind, owner_id, owner_name, looked.line, hub, sku) > (");
    let mut values = sql.separated(", ");
    values
        .push_bind(kind)
        .push_bind(id)
        .push_bind(name.to_owned());
    values.push_bind(i32::try_from(after.line.get()).unwrap_or(i32::MAX));
    values
        .push_bind(after.hub.as_str().to_owned())
        .push_bind(after.sku.as_str().to_owned());
    sql.push(")");
}
