//! The feed: events and stock rows after a snapshot, each call one statement.

use std::sync::Arc;

use async_trait::async_trait;
use oms_core::event::{StreamId, StreamKind};
use oms_core::port::{
    EventBatch, EventFeed, FeedPlace, FeedStart, LAG_COUNTED_MAX, StockBatch, StoreError,
    Subscription,
};
use oms_core::value::{SubscriberName, TenantId};
use sqlx::Row;
use sqlx::postgres::PgRow;

use crate::commit::Time;
use crate::error::{corrupt, invalid, unreadable};
use crate::list::within_page;
use crate::rows::{column, events, level, parsed};
use crate::store::PgStore;
use crate::time::{column as time_column, timestamp};

/// How a start is called in SQL.
fn start_columns(start: FeedStart) -> (i16, Option<Time>) {
    match start {
        FeedStart::Beginning => (1, None),
        FeedStart::Now => (2, None),
        FeedStart::At(at) => (3, Some(time_column(at))),
    }
}

fn unknown(name: &SubscriberName) -> StoreError {
    invalid(format!("there is no subscriber {name}"))
}

/// Reads the step to acknowledge, and whether more is there.
fn step(row: &PgRow) -> Result<(FeedPlace, bool), StoreError> {
    let place = FeedPlace {
        from: Arc::from(column::<&str>(row, "from_place")?),
        to: Arc::from(column::<&str>(row, "to_place")?),
    };
    Ok((place, column(row, "more")?))
}

const KINDS: [StreamKind; 12] = [
    StreamKind::Order,
    StreamKind::Reservation,
    StreamKind::Stock,
    StreamKind::Hub,
    StreamKind::Sku,
    StreamKind::SkuMapping,
    StreamKind::Channel,
    StreamKind::Customer,
    StreamKind::Slots,
    StreamKind::Transfer,
    StreamKind::Tenant,
    StreamKind::Host,
];

fn stream(row: &PgRow) -> Result<StreamId, StoreError> {
    let kind = parsed(row, "stream_kind", |text| {
        let found = KINDS.into_iter().find(|kind| kind.as_str() == text);
        found.ok_or("the kind of stream is unknown")
    })?;
    Ok(StreamId::new(kind, column::<&str>(row, "stream_id")?))
}

const STOCK: [&str; 8] = [
    "hub",
    "sku",
    "on_hand",
    "reserved",
    "incoming",
    "safety",
    "shortfall",
    "version",
];

impl PgStore {
    /// Runs a function that answers whether it did something.
    async fn did<'q>(
        &self,
        query: impl Fn() -> sqlx::query::Query<'q, sqlx::Postgres, sqlx::postgres::PgArguments>
        + Send
        + Sync,
    ) -> Result<bool, StoreError> {
        let rows = self.session().again(query).await?;
        let row = rows.first();
        let row = row.ok_or_else(|| corrupt("an answer", &"it is empty"))?;
        row.try_get("did").map_err(unreadable)
    }
}

#[async_trait]
impl EventFeed for PgStore {
    async fn subscribe(
        &self,
        tenant: &TenantId,
        name: &SubscriberName,
        start: FeedStart,
    ) -> Result<bool, StoreError> {
        let (kind, at) = start_columns(start);
        self.did(|| {
            sqlx::query("SELECT oms.subscribe_v1($1, $2, $3, $4) AS did")
                .bind(tenant.as_str())
                .bind(name.as_str())
                .bind(kind)
                .bind(at)
        })
        .await
    }

    async fn poll(
        &self,
        tenant: &TenantId,
        name: &SubscriberName,
        limit: usize,
    ) -> Result<EventBatch, StoreError> {
        let limit = within_page(limit)?;
        let query = sqlx::query("SELECT * FROM oms.poll_events_v1($1, $2, $3)");
        let query = query.bind(tenant.as_str()).bind(name.as_str()).bind(limit);
        let rows = self.session().read(query).await?;
        let (first, rows) = rows.split_first().ok_or_else(|| unknown(name))?;
        let (place, more) = step(first)?;
        let mut told = Vec::with_capacity(rows.len());
        for row in rows {
            told.extend(events(row, tenant, &stream(row)?)?);
        }
        Ok(EventBatch {
            events: told,
            place,
            more,
        })
    }

    async fn poll_stock(
        &self,
        tenant: &TenantId,
        name: &SubscriberName,
        limit: usize,
    ) -> Result<StockBatch, StoreError> {
        let limit = within_page(limit)?;
        let query = sqlx::query("SELECT * FROM oms.poll_stock_v1($1, $2, $3)");
        let query = query.bind(tenant.as_str()).bind(name.as_str()).bind(limit);
        let rows = self.session().read(query).await?;
        let (last, rows) = rows.split_last().ok_or_else(|| unknown(name))?;
        let (place, more) = step(last)?;
        let rows = rows.iter().map(|row| level(row, &STOCK));
        Ok(StockBatch {
            rows: rows.collect::<Result<_, _>>()?,
            place,
            more,
        })
    }

    async fn acknowledge(
        &self,
        tenant: &TenantId,
        name: &SubscriberName,
        place: &FeedPlace,
    ) -> Result<bool, StoreError> {
        self.did(|| {
            sqlx::query("SELECT oms.acknowledge_v1($1, $2, $3, $4) AS did")
                .bind(tenant.as_str())
                .bind(name.as_str())
                .bind(&*place.from)
                .bind(&*place.to)
        })
        .await
    }

    async fn rewind(
        &self,
        tenant: &TenantId,
        name: &SubscriberName,
        start: FeedStart,
    ) -> Result<bool, StoreError> {
        let (kind, at) = start_columns(start);
        self.did(|| {
            sqlx::query("SELECT oms.rewind_v1($1, $2, $3, $4) AS did")
                .bind(tenant.as_str())
                .bind(name.as_str())
                .bind(kind)
                .bind(at)
        })
        .await
    }

    async fn unsubscribe(
        &self,
        tenant: &TenantId,
        name: &SubscriberName,
    ) -> Result<bool, StoreError> {
        self.did(|| {
            sqlx::query("SELECT oms.unsubscribe_v1($1, $2) AS did")
                .bind(tenant.as_str())
                .bind(name.as_str())
        })
        .await
    }

    async fn subscriptions(&self, tenant: &TenantId) -> Result<Vec<Subscription>, StoreError> {
        let counted = i64::try_from(LAG_COUNTED_MAX).unwrap_or(i64::MAX);
        let query = sqlx::query("SELECT * FROM oms.subscriptions_v1($1, $2)");
        let query = query.bind(tenant.as_str()).bind(counted);
        let rows = self.session().read(query).await?;
        let mut found = Vec::with_capacity(rows.len());
        for row in &rows {
            let behind: i64 = column(row, "behind")?;
            let oldest: Option<Time> = column(row, "oldest_at")?;
            found.push(Subscription {
                name: parsed(row, "name", SubscriberName::parse)?,
                behind: u64::try_from(behind).unwrap_or_default(),
                oldest_at: oldest.map(timestamp).transpose()?,
            });
        }
        Ok(found)
    }
}
