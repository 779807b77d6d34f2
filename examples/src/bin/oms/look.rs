//! Reading the store at the end: what there is to tell.

use std::collections::BTreeMap;

use oms_core::order::OrderEvent;
use oms_core::order::{Order, evolve};
use oms_core::service::{HistoryEntry, Tenant};
use oms_core::value::{OrderId, OrderNumber, Units};

use crate::failure::{Failure, Trying};
use crate::report::{Audit, Held, History, HistoryRow, OrderRow, StockRow};
use crate::{events, seed, words};

/// These orders as rows; and those on hold, with their reasons.
pub(crate) async fn orders(
    tenant: &Tenant,
    orders: &BTreeMap<OrderNumber, OrderId>,
) -> Result<(Vec<OrderRow>, Vec<Held>), Failure> {
    let mut rows = Vec::new();
    let mut held = Vec::new();
    for id in orders.values() {
        let order = tenant.order(*id).await.trying("reading an order")?;
        let row = order_row(&order);
        if let Some(hold) = &order.head.hold {
            held.push(Held {
                number: row.number,
                reference: row.reference.clone(),
                reasons: hold.reasons.iter().copied().collect(),
                text: words::hold(hold),
            });
        }
        rows.push(row);
    }
    Ok((rows, held))
}

/// Every stock row, by hub and SKU.
pub(crate) async fn stock(tenant: &Tenant, low_at: Units) -> Result<Vec<StockRow>, Failure> {
    let found = seed::stock(tenant).await.trying("reading the stock")?;
    let rows = found.into_iter();
    Ok(rows
        .map(|(key, level)| StockRow::new(key, &level, low_at))
        .collect())
}

/// Everything that happened to an order.
pub(crate) async fn history(tenant: &Tenant, id: OrderId) -> Result<History, Failure> {
    let entries = tenant.history(id).await.trying("reading a history")?;
    let mut rows = Vec::with_capacity(entries.len());
    let mut order: Option<Order> = None;
    for entry in entries {
        rows.extend(history_row(&mut order, entry));
    }
    let order = tenant.order(id).await.trying("reading an order")?;
    Ok(History {
        number: order.head.number,
        reference: words::reference(&order.head.external, &order.head.attributes),
        entries: rows,
    })
}

/// The history of the one of these orders that most happened to.
pub(crate) async fn busiest(
    tenant: &Tenant,
    orders: &BTreeMap<OrderNumber, OrderId>,
) -> Result<Option<History>, Failure> {
    let mut most = None;
    for id in orders.values().copied() {
        let version = tenant.order(id).await.trying("reading an order")?.version;
        if most.is_none_or(|(_, found)| version > found) {
            most = Some((id, version));
        }
    }
    match most {
        Some((id, _)) => history(tenant, id).await.map(Some),
        None => Ok(None),
    }
}

/// What the store's own check finds.
pub(crate) async fn audit(tenant: &Tenant) -> Result<Audit, Failure> {
    let violations = tenant.audit().await.trying("the audit")?;
    Ok(Audit {
        clean: violations.is_empty(),
        violations,
    })
}

fn order_row(order: &Order) -> OrderRow {
    let head = &order.head;
    let mut hubs: Vec<_> = order
        .fulfillments
        .values()
        .map(|work| work.hub.clone())
        .collect();
    hubs.sort();
    hubs.dedup();
    OrderRow {
        number: head.number,
        reference: words::reference(&head.external, &head.attributes),
        channel: head.source.channel.clone(),
        status: order.status(),
        lines: head.lines.len(),
        units: head
            .lines
            .iter()
            .map(|line| u64::from(line.ordered.get()))
            .sum(),
        total: head.totals.due(),
        hubs,
        parcels: order
            .fulfillments
            .values()
            .map(|work| work.shipments.len())
            .sum(),
        placed_at: head.placed_at,
    }
}

/// One step, with the status before and after it: the fold of the events so far.
fn history_row(order: &mut Option<Order>, entry: HistoryEntry) -> Option<HistoryRow> {
    let old_status = order.as_ref().map(Order::status);
    let what = match (&mut *order, &entry.event) {
        (Some(order), event) => {
            let what = events::tell(event, order);
            evolve(order, event);
            what
        }
        (None, OrderEvent::Placed { head }) => {
            let placed = order.insert(Order::from_placed(head));
            events::tell(&entry.event, placed)
        }
        // A stream begins with `Placed`.
        (None, _) => return None,
    };
    Some(HistoryRow {
        seq: entry.seq,
        at: entry.at,
        who: entry.origin.actor.to_string(),
        what,
        old_status,
        new_status: order.as_ref().map(Order::status)?,
        reason: entry.origin.reason.map(|reason| reason.to_string()),
        event: entry.event,
    })
}
