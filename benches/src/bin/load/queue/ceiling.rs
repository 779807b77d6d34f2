//! Jobs by plain SQL over the same driver, in a table of the same width.

use std::time::Instant;

use async_trait::async_trait;
use oms_core::port::IdSource;
use oms_core::system::SystemIds;
use oms_store_postgres::sqlx::{self, Row};
use uuid::Uuid;

use super::{BATCH, KIND, PAYLOAD, Place, QUEUE};
use crate::Failure;
use crate::measure::{Record, Side};
use crate::raw::Connections;

/// Leases a batch: what a worker must know comes back.
const LEASE: &str = "UPDATE raw.job j SET state = 2, attempts = j.attempts + 1, \
    token = j.token + 1, run_at = clock_timestamp() + interval '60 s' \
    FROM (SELECT id FROM raw.job WHERE tenant = $1 AND queue = $2 AND priority = 2 AND state < 4 \
        AND run_at <= clock_timestamp() ORDER BY run_at, id LIMIT $3 FOR UPDATE SKIP LOCKED) due \
    WHERE j.tenant = $1 AND j.id = due.id RETURNING j.id, j.kind, j.payload, j.token";

/// Completes it.
const DELETE: &str = "DELETE FROM raw.job WHERE tenant = $1 AND id = ANY($2)";

const INSERT: &str = "INSERT INTO raw.job (tenant, id, queue, kind, payload, run_at, pushed_at) \
    VALUES ($1, $2, $3, $4, $5, clock_timestamp(), clock_timestamp())";

const INSERT_MANY: &str = "INSERT INTO raw.job \
    (tenant, id, queue, kind, payload, run_at, pushed_at) \
    SELECT $1, id, $3, $4, payload, clock_timestamp(), clock_timestamp() \
    FROM unnest($2::uuid[], $5::text[]) q(id, payload)";

/// Leases a batch and deletes it.
#[derive(Debug)]
pub(super) struct Take {
    tenant: String,
    connections: Connections,
}

impl Take {
    pub(super) fn new(place: &Place, connections: Connections) -> Self {
        let tenant = place.tenant.to_string();
        Self {
            tenant,
            connections,
        }
    }

    async fn batch(&self, caller: usize) -> Result<u64, Failure> {
        let mut connection = self.connections.of(caller).await?;
        let rows = sqlx::query(LEASE)
            .bind(&self.tenant)
            .bind(QUEUE)
            .bind(i64::try_from(BATCH)?)
            .fetch_all(&mut *connection)
            .await?;
        if rows.is_empty() {
            return Ok(0);
        }
        let mut ids: Vec<Uuid> = Vec::with_capacity(rows.len());
        for row in &rows {
            ids.push(row.try_get("id")?);
        }
        let deleted = sqlx::query(DELETE)
            .bind(&self.tenant)
            .bind(&ids)
            .execute(&mut *connection)
            .await?;
        Ok(deleted.rows_affected())
    }
}

#[async_trait]
impl Side for Take {
    async fn work(&self, caller: usize, record: &mut Record) {
        let began = Instant::now();
        let done = self.batch(caller).await;
        record.orders += record.call(began, done).unwrap_or(0);
    }
}

/// Inserts so many per statement.
#[derive(Debug)]
pub(super) struct Push {
    tenant: String,
    connections: Connections,
    size: usize,
}

impl Push {
    pub(super) fn new(place: &Place, connections: Connections, size: usize) -> Self {
        Self {
            tenant: place.tenant.to_string(),
            connections,
            size,
        }
    }

    async fn push(&self, caller: usize) -> Result<u64, Failure> {
        let ids: Vec<Uuid> = (0..self.size).map(|_| SystemIds.next_id()).collect();
        let mut connection = self.connections.of(caller).await?;
        let inserted = match &ids[..] {
            [id] => {
                let query = sqlx::query(INSERT).bind(&self.tenant).bind(id);
                let query = query.bind(QUEUE).bind(KIND).bind(PAYLOAD);
                query.execute(&mut *connection).await?
            }
            ids => {
                let payloads = vec![PAYLOAD; ids.len()];
                let query = sqlx::query(INSERT_MANY).bind(&self.tenant).bind(ids);
                let query = query.bind(QUEUE).bind(KIND).bind(&payloads);
                query.execute(&mut *connection).await?
            }
        };
        Ok(inserted.rows_affected())
    }
}

#[async_trait]
impl Side for Push {
    async fn work(&self, caller: usize, record: &mut Record) {
        let began = Instant::now();
        let done = self.push(caller).await;
        record.orders += record.call(began, done).unwrap_or(0);
    }
}
