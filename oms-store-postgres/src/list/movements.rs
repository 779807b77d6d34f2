//! Lists of movements, oldest first.

use oms_core::port::{MovementCursor, MovementFilter, Page, StoreError};
use oms_core::stock::Movement;
use oms_core::value::{MovementId, TenantId};
use sqlx::postgres::PgRow;

use super::{Builder, LISTED, LOOK_MAX, asked, id, page};
use crate::rows::{movement, time};
use crate::session::Session;
use crate::time::column;

const COLUMNS: &str = "id, at, hub, sku, kind, delta, order_id, reason, actor_kind, actor_id, \
    origin_reason, request_id, command_key";

pub(crate) async fn movements(
    session: &Session,
    tenant: &TenantId,
    filter: &MovementFilter,
    after: Option<MovementCursor>,
    limit: usize,
) -> Result<Page<Movement, MovementCursor>, StoreError> {
    let rows = asked(limit)?;
    let until = look_until(session, tenant, filter, after).await?;
    let mut sql = moved(COLUMNS, tenant, filter, after);
    if let Some(hub) = &filter.hub {
        sql.push(" AND hub = ").push_bind(hub.as_str());
    }
    if let Some(kind) = filter.kind {
        sql.push(" AND kind = ").push_bind(kind.as_str());
    }
    if let Some(order) = filter.order {
        sql.push(" AND order_id = ").push_bind(order.as_uuid());
    }
    if let Some(until) = until {
        beyond(&mut sql, "<=", until);
    }
    in_order(&mut sql).push(" LIMIT ").push_bind(rows);
    let rows = session.read(sql.build()).await?;
    let mut page = page(&rows, limit, movement, place)?;
    page.next = page.next.or(until);
    Ok(page)
}

/// Where a page ends that may be short. Movements for an order have an index of their own.
async fn look_until(
    session: &Session,
    tenant: &TenantId,
    filter: &MovementFilter,
    after: Option<MovementCursor>,
) -> Result<Option<MovementCursor>, StoreError> {
    let rare = filter.hub.is_some() || filter.kind.is_some();
    if !rare || filter.order.is_some() {
        return Ok(None);
    }
    let mut sql = moved("id, at", tenant, filter, after);
    in_order(&mut sql)
        .push(" OFFSET ")
        .push_bind(LOOK_MAX - 1)
        .push(" LIMIT 1");
    let rows = session.read(sql.build()).await?;
    rows.last().map(place).transpose()
}

/// Asks for these columns of the movements of the SKU, if one is asked for, that were recorded when
/// they must have been.
fn moved(
    columns: &str,
    tenant: &TenantId,
    filter: &MovementFilter,
    after: Option<MovementCursor>,
) -> Builder {
    let mut sql = Builder::new("SELECT ");
    sql.push(columns);
    sql.push(" FROM oms.movement WHERE tenant = ");
    sql.push_bind(tenant.as_str());
    sql.push(LISTED).push_bind(tenant.as_str());
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
        beyond(&mut sql, ">", after);
    }
    sql
}

/// Compares the place of a movement.
fn beyond(sql: &mut Builder, how: &str, place: MovementCursor) {
    sql.push(" AND (at, id) ").push(how).push(" (");
    sql.push_bind(column(place.at)).push(", ");
    sql.push_bind(place.id.as_uuid()).push(")");
}

fn in_order(sql: &mut Builder) -> &mut Builder {
    sql.push(" ORDER BY at, id")
}

fn place(row: &PgRow) -> Result<MovementCursor, StoreError> {
    Ok(MovementCursor {
        at: time(row, "at")?,
        id: id(row, MovementId::from_uuid)?,
    })
}
