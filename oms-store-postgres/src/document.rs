//! Documents as rows of `oms.document_v1`.

use std::sync::Arc;

use chrono::{DateTime, Utc};
use oms_core::order::OrderStatus;
use oms_core::plan::{DocumentKey, Index, OrderIndex, StoredDocument};
use oms_core::port::StoreError;
use oms_core::value::{ChannelId, CustomerId, OrderId, OrderNumber};
use sqlx::Row;
use sqlx::postgres::PgRow;
use uuid::Uuid;

use crate::error::{corrupt, unreadable};
use crate::key::{KeyColumns, document_key, version};
use crate::time::timestamp;

/// Where the texts and times of a document stand in a row.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Shape {
    t1: &'static str,
    t2: &'static str,
    placed_at: &'static str,
    state_since: &'static str,
    promised_by: &'static str,
}

/// Rows of the view itself.
pub(crate) const VIEW: Shape = Shape {
    t1: "t1",
    t2: "t2",
    placed_at: "placed_at",
    state_since: "state_since",
    promised_by: "promised_by",
};

/// Rows of `oms.prefetch_v1`.
pub(crate) const PREFETCHED: Shape = Shape {
    t1: "a",
    t2: "b",
    placed_at: "t1",
    state_since: "t2",
    promised_by: "t3",
};

/// Reads a document.
pub(crate) fn document(row: &PgRow, shape: Shape) -> Result<StoredDocument, StoreError> {
    let key = key(row, shape)?;
    let schema: i16 = row.try_get("schema").map_err(unreadable)?;
    let body: &str = row.try_get("body").map_err(unreadable)?;
    Ok(StoredDocument {
        key,
        version: version(row.try_get("version").map_err(unreadable)?)?,
        schema: schema.cast_unsigned(),
        json: Arc::from(body),
        index: index(row, shape)?,
    })
}

/// Reads the key of a document.
pub(crate) fn key(row: &PgRow, shape: Shape) -> Result<DocumentKey, StoreError> {
    document_key(KeyColumns {
        kind: row.try_get("kind").map_err(unreadable)?,
        t1: row.try_get(shape.t1).map_err(unreadable)?,
        t2: row.try_get::<&str, _>(shape.t2).map_err(unreadable)?.into(),
        u: row.try_get("u").map_err(unreadable)?,
        n: row.try_get("n").map_err(unreadable)?,
    })
}

fn index(row: &PgRow, shape: Shape) -> Result<Index, StoreError> {
    let active: Option<bool> = row.try_get("active").map_err(unreadable)?;
    if let Some(active) = active {
        return Ok(Index::Active(active));
    }
    let customer: Option<Uuid> = row.try_get("customer").map_err(unreadable)?;
    let customer = customer.map(CustomerId::from_uuid);
    let personal: Option<bool> = row.try_get("personal").map_err(unreadable)?;
    if personal == Some(true) {
        let order: Option<Uuid> = row.try_get("for_order").map_err(unreadable)?;
        let order = order.map(OrderId::from_uuid);
        return Ok(Index::Personal { customer, order });
    }
    let number: Option<i64> = row.try_get("number").map_err(unreadable)?;
    let Some(number) = number else {
        return Ok(Index::None);
    };
    let bad = |why: &dyn std::fmt::Display| corrupt("the index columns of an order", why);
    let number = u64::try_from(number).map_err(|why| bad(&why))?;
    let status: &str = row.try_get("status").map_err(unreadable)?;
    let channel: &str = row.try_get("channel").map_err(unreadable)?;
    let placed_at: DateTime<Utc> = row.try_get(shape.placed_at).map_err(unreadable)?;
    let state_since: DateTime<Utc> = row.try_get(shape.state_since).map_err(unreadable)?;
    let promised: Option<DateTime<Utc>> = row.try_get(shape.promised_by).map_err(unreadable)?;
    let status = OrderStatus::parse(status);
    Ok(Index::Order(OrderIndex {
        number: OrderNumber::new(number).map_err(|why| bad(&why))?,
        status: status.ok_or_else(|| bad(&"the status is unknown"))?,
        placed_at: timestamp(placed_at)?,
        state_since: timestamp(state_since)?,
        channel: ChannelId::parse(channel).map_err(|why| bad(&why))?,
        customer,
        promised_by: promised.map(timestamp).transpose()?,
    }))
}
