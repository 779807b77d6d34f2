//! Lists of movements, oldest first.

use oms_core::port::{MovementCursor, MovementFilter, Page, StoreError};
use oms_core::stock::Movement;
use oms_core::value::{MovementId, TenantId};
use sqlx::postgres::PgRow;

use super::{Builder, List, id, of_tenant};
use crate::rows::{movement, time};
use crate::session::Session;
use crate::time::column;

const COLUMNS: &str = "id, at, hub, sku, kind, delta, order_id, reason, actor_kind, actor_id, \
    origin_reason, request_id, command_key, transfer";

pub(crate) async fn movements(
    session: &Session,
    tenant: &TenantId,
    filter: &MovementFilter,
    after: Option<MovementCursor>,
    limit: usize,
) -> Result<Page<Movement, MovementCursor>, StoreError> {
    let list = List {
        columns: COLUMNS,
        table: "oms.movement",
        order: "at, id",
        rare: is_rare(filter),
    };
    let within = |sql: &mut Builder| moved(sql, tenant, filter, after);
    let like = |sql: &mut Builder| like(sql, filter);
    list.read(session, limit, within, like, movement, place)
        .await
}

/// Whether movements may be few that no index knows.
fn is_rare(filter: &MovementFilter) -> bool {
    let like = filter.hub.is_some() || filter.kind.is_some();
    like && !has_own_index(filter)
}

/// Those for an order and those of a transfer have indexes of their own.
const fn has_own_index(filter: &MovementFilter) -> bool {
    filter.order.is_some() || filter.transfer.is_some()
}

/// What the movements are like, wherever they stand in the list.
fn like(sql: &mut Builder, filter: &MovementFilter) {
    if let Some(hub) = &filter.hub {
        sql.push(" AND hub = ").push_bind(hub.as_str());
    }
    if let Some(kind) = filter.kind {
        sql.push(" AND kind = ").push_bind(kind.as_str());
    }
    if let Some(order) = filter.order {
        sql.push(" AND order_id = ").push_bind(order.as_uuid());
    }
    if let Some(transfer) = &filter.transfer {
        sql.push(" AND transfer = ").push_bind(transfer.as_str());
    }
}

/// Movements of the SKU, if one is asked for, that were recorded when they must have been.
fn moved(
    sql: &mut Builder,
    tenant: &TenantId,
    filter: &MovementFilter,
    after: Option<MovementCursor>,
) {
    of_tenant(sql, tenant, has_own_index(filter));
    if let Some(sku) = &filter.sku {
        sql.push(" AND sku = ").push_bind(sku.as_str());
    }
    if let Some(from) = filter.from {
        sql.push(" AND at >= ").push_bind(column(from));
    }
    if let Some(before) = filter.before {
        sql.push(" AND at < ").push_bind(column(before));
    }
    if let Some(after) = after {
        sql.push(" AND (at, id) > (");
        sql.push_bind(column(after.at)).push(", ");
        sql.push_bind(after.id.as_uuid()).push(")");
    }
}

fn place(row: &PgRow) -> Result<MovementCursor, StoreError> {
    Ok(MovementCursor {
        at: time(row, "at")?,
        id: id(row, MovementId::from_uuid)?,
    })
}
