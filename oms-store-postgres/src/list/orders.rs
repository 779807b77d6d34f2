//! Lists of orders, newest first.

use oms_core::plan::StoredDocument;
use oms_core::port::{OrderCursor, OrderFilter, Page, StoreError};
use oms_core::value::{OrderId, TenantId};
use sqlx::postgres::PgRow;

use super::{Builder, LISTED, LOOK_MAX, asked, page};
use crate::document::{VIEW, document};
use crate::rows::{self, time};
use crate::session::Session;
use crate::time::column;

pub(crate) async fn orders(
    session: &Session,
    tenant: &TenantId,
    filter: &OrderFilter,
    after: Option<OrderCursor>,
    limit: usize,
) -> Result<Page<StoredDocument, OrderCursor>, StoreError> {
    let rows = asked(limit)?;
    let until = look_until(session, tenant, filter, after).await?;
    let mut sql = placed("*", tenant, filter, after);
    if is_unfinished(filter) {
        // The words of the partial index, which the planner must recognise.
        sql.push(" AND status NOT IN ('delivered', 'cancelled', 'returned')");
    }
    if let Some(status) = filter.status {
        sql.push(" AND status = ").push_bind(status.as_str());
    }
    if !filter.statuses.is_empty() {
        let names: Vec<&str> = filter.statuses.iter().map(|one| one.as_str()).collect();
        sql.push(" AND status = ANY (").push_bind(names).push(")");
    }
    if let Some(channel) = &filter.channel {
        sql.push(" AND channel = ").push_bind(channel.as_str());
    }
    if let Some(customer) = filter.customer {
        sql.push(" AND customer = ").push_bind(customer.as_uuid());
    }
    if let Some(since) = filter.stuck_since {
        sql.push(" AND state_since < ").push_bind(column(since));
    }
    if let Some(before) = filter.promised_before {
        sql.push(" AND promised_by < ").push_bind(column(before));
    }
    if let Some(until) = until {
        beyond(&mut sql, ">=", until);
    }
    in_order(&mut sql).push(" LIMIT ").push_bind(rows);
    let rows = session.read(sql.build()).await?;
    let mut page = page(&rows, limit, |row| document(row, VIEW), place)?;
    page.next = page.next.or(until);
    Ok(page)
}

/// Whether only orders are asked for that are not finished: those are neither stuck nor late.
fn is_unfinished(filter: &OrderFilter) -> bool {
    let mut several = filter.statuses.iter();
    let several = !filter.statuses.is_empty() && several.all(|status| !status.is_terminal());
    let stuck = filter.stuck_since.is_some() || filter.promised_before.is_some();
    let alone = filter.status.is_some_and(|status| !status.is_terminal());
    filter.unfinished || stuck || alone || several
}

/// Where a page ends that may be short. Orders of a customer, and those that are not finished, have
/// indexes of their own.
async fn look_until(
    session: &Session,
    tenant: &TenantId,
    filter: &OrderFilter,
    after: Option<OrderCursor>,
) -> Result<Option<OrderCursor>, StoreError> {
    let by_status = filter.status.is_some() || !filter.statuses.is_empty();
    let rare = by_status || filter.channel.is_some();
    if !rare || is_unfinished(filter) || filter.customer.is_some() {
        return Ok(None);
    }
    let mut sql = placed("placed_at, u", tenant, filter, after);
    in_order(&mut sql)
        .push(" OFFSET ")
        .push_bind(LOOK_MAX - 1)
        .push(" LIMIT 1");
    let rows = session.read(sql.build()).await?;
    rows.last().map(place).transpose()
}

/// Asks for these columns of the orders that were placed when they must have been.
fn placed(
    columns: &str,
    tenant: &TenantId,
    filter: &OrderFilter,
    after: Option<OrderCursor>,
) -> Builder {
    let mut sql = Builder::new("SELECT ");
    sql.push(columns);
    sql.push(" FROM oms.document_v1 WHERE kind = 8 AND tenant = ");
    sql.push_bind(tenant.as_str());
    sql.push(LISTED).push_bind(tenant.as_str());
    sql.push(" AND placed_at IS NOT NULL");
    if let Some(from) = filter.placed_from {
        sql.push(" AND placed_at >= ").push_bind(column(from));
    }
    if let Some(before) = filter.placed_before {
        sql.push(" AND placed_at < ").push_bind(column(before));
    }
    if let Some(after) = after {
        beyond(&mut sql, "<", after);
    }
    sql
}

/// Compares the place of an order.
fn beyond(sql: &mut Builder, how: &str, place: OrderCursor) {
    sql.push(" AND (placed_at, u) ").push(how).push(" (");
    sql.push_bind(column(place.placed_at)).push(", ");
    sql.push_bind(place.id.as_uuid()).push(")");
}

fn in_order(sql: &mut Builder) -> &mut Builder {
    sql.push(" ORDER BY placed_at DESC, u DESC")
}

fn place(row: &PgRow) -> Result<OrderCursor, StoreError> {
    Ok(OrderCursor {
        placed_at: time(row, "placed_at")?,
        id: OrderId::from_uuid(rows::column(row, "u")?),
    })
}
