//! Lists of orders, newest first.

use oms_core::plan::StoredDocument;
use oms_core::port::{OrderCursor, OrderFilter, Page, StoreError};
use oms_core::value::{OrderId, TenantId};
use sqlx::postgres::PgRow;

use super::{Builder, DOCUMENT, List, of_tenant};
use crate::document::{VIEW, document};
use crate::rows::{self, time};
use crate::session::Session;
use crate::time::column;

/// An order as `oms.document_v1` shows it. The view makes text of each body, which is not for rows
/// that are only looked at.
const SHOWN: &str = "8::smallint AS kind, ''::text AS t1, ''::text AS t2, u, 0::bigint AS n, \
    version, schema, body::text AS body, NULL::boolean AS active, false AS personal, customer, \
    NULL::uuid AS for_order, number, status, placed_at, state_since, promised_by, channel";

pub(crate) async fn orders(
    session: &Session,
    tenant: &TenantId,
    filter: &OrderFilter,
    after: Option<OrderCursor>,
    limit: usize,
) -> Result<Page<StoredDocument, OrderCursor>, StoreError> {
    let rare = is_rare(filter);
    let (columns, table) = match rare {
        true => (SHOWN, "(SELECT *, id AS u FROM oms.order_head) head"),
        false => (DOCUMENT, "oms.document_v1"),
    };
    let list = List {
        columns,
        table,
        order: "placed_at DESC, u DESC",
        rare,
    };
    let within = |sql: &mut Builder| {
        if !rare {
            sql.push("kind = 8 AND ");
        }
        placed(sql, tenant, filter, after);
    };
    let like = |sql: &mut Builder| like(sql, filter);
    let read = |row: &PgRow| document(row, VIEW);
    list.read(session, limit, within, like, read, place).await
}

/// What the orders are like, wherever they stand in the list.
fn like(sql: &mut Builder, filter: &OrderFilter) {
    if is_unfinished(filter) {
        // The words of the partial index, which the planner must recognise.
        sql.push(" AND status NOT IN ('delivered', 'cancelled', 'returned')");
    }
    match filter.statuses.first() {
        // The planner orders by the index of unfinished orders where there is one alone.
        Some(status) if filter.statuses.len() == 1 => {
            sql.push(" AND status = ").push_bind(status.as_str());
        }
        Some(_) => {
            let names: Vec<&str> = filter.statuses.iter().map(|one| one.as_str()).collect();
            sql.push(" AND status = ANY (").push_bind(names).push(")");
        }
        None => {}
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
}

/// Whether only orders are asked for that are not finished: those are neither stuck nor late.
fn is_unfinished(filter: &OrderFilter) -> bool {
    let mut statuses = filter.statuses.iter();
    let by_status = !filter.statuses.is_empty() && statuses.all(|status| !status.is_terminal());
    let stuck = filter.stuck_since.is_some() || filter.promised_before.is_some();
    filter.unfinished || stuck || by_status
}

/// Whether orders may be few that no index knows. Those of a customer, and those that are not
/// finished, have indexes of their own.
fn is_rare(filter: &OrderFilter) -> bool {
    let like = !filter.statuses.is_empty() || filter.channel.is_some();
    like && !is_unfinished(filter) && filter.customer.is_none()
}

/// Orders that were placed when they must have been.
fn placed(sql: &mut Builder, tenant: &TenantId, filter: &OrderFilter, after: Option<OrderCursor>) {
    let otherwise = is_unfinished(filter) || filter.customer.is_some();
    of_tenant(sql, tenant, otherwise);
    sql.push(" AND placed_at IS NOT NULL");
    if let Some(from) = filter.placed_from {
        sql.push(" AND placed_at >= ").push_bind(column(from));
    }
    if let Some(before) = filter.placed_before {
        sql.push(" AND placed_at < ").push_bind(column(before));
    }
    if let Some(after) = after {
        sql.push(" AND (placed_at, u) < (");
        sql.push_bind(column(after.placed_at)).push(", ");
        sql.push_bind(after.id.as_uuid()).push(")");
    }
}

fn place(row: &PgRow) -> Result<OrderCursor, StoreError> {
    Ok(OrderCursor {
        placed_at: time(row, "placed_at")?,
        id: OrderId::from_uuid(rows::column(row, "u")?),
    })
}
