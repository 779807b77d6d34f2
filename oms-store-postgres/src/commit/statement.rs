//! The one statement of a commit.

use oms_core::value::TenantId;
use sqlx::Postgres;
use sqlx::postgres::PgArguments;
use sqlx::query::Query;

use super::encode::Batch;
use super::rows::Time;

type Statement<'q> = Query<'q, Postgres, PgArguments>;

/// One call of the function, with every array of the batch.
const SQL: &str = "SELECT * FROM oms.commit_v1( \
    $1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, \
    $20, $21, $22, $23, $24, $25, $26, $27, $28, $29, $30, $31, $32, $33, $34, $35, $36, \
    $37, $38, $39, $40, $41, $42, $43, $44, $45, $46, $47, $48, $49, $50, $51, $52, $53, \
    $54, $55, $56, $57, $58, $59, $60, $61, $62, $63, $64, $65, $66, $67, $68, $69, $70, \
    $71, $72, $73, $74, $75, $76, $77, $78, $79, $80, $81, $82, $83, $84, $85, $86, $87, \
    $88, $89, $90, $91)";

/// The statement that commits a batch, at `now` instead of the server's time if given.
pub(crate) fn statement<'q>(
    batch: &'q Batch<'_>,
    tenant: &'q TenantId,
    now: Option<Time>,
) -> Statement<'q> {
    let query = sqlx::query(SQL).bind(tenant.as_str()).bind(now);
    let query = bind_items(query, batch);
    let query = bind_documents(query, batch);
    let query = bind_counters(query, batch);
    bind_appended(query, batch)
}

fn bind_items<'q>(query: Statement<'q>, batch: &'q Batch<'_>) -> Statement<'q> {
    query
        .bind(&batch.items.key[..])
        .bind(&batch.items.fingerprint[..])
        .bind(&batch.items.receipt[..])
        .bind(&batch.items.planned[..])
        .bind(&batch.items.actor[..])
        .bind(&batch.items.actor_id[..])
        .bind(&batch.items.reason[..])
        .bind(&batch.items.request[..])
        .bind(&batch.items.ends[..])
        .bind(&batch.names.kind[..])
        .bind(&batch.names.a[..])
        .bind(&batch.names.b[..])
        .bind(&batch.names.c[..])
        .bind(&batch.name_claims[..])
        .bind(&batch.holders.kind[..])
        .bind(&batch.holders.t1[..])
        .bind(&batch.holders.t2[..])
        .bind(&batch.holders.u[..])
        .bind(&batch.holders.n[..])
}

fn bind_documents<'q>(query: Statement<'q>, batch: &'q Batch<'_>) -> Statement<'q> {
    query
        .bind(batch.used)
        .bind(batch.written)
        .bind(&batch.documents.kind[..])
        .bind(&batch.documents.t1[..])
        .bind(&batch.documents.t2[..])
        .bind(&batch.documents.u[..])
        .bind(&batch.documents.n[..])
        .bind(&batch.writes.doc[..])
        .bind(&batch.writes.expected[..])
        .bind(&batch.writes.key.kind[..])
        .bind(&batch.writes.key.t1[..])
        .bind(&batch.writes.key.t2[..])
        .bind(&batch.writes.key.u[..])
        .bind(&batch.writes.key.n[..])
        .bind(&batch.writes.version[..])
        .bind(&batch.writes.schema[..])
        .bind(&batch.writes.body[..])
        .bind(&batch.writes.active[..])
        .bind(&batch.writes.personal[..])
        .bind(&batch.writes.customer[..])
        .bind(&batch.writes.order[..])
        .bind(&batch.writes.number[..])
        .bind(&batch.writes.status[..])
        .bind(&batch.writes.placed[..])
        .bind(&batch.writes.since[..])
        .bind(&batch.writes.promised[..])
        .bind(&batch.writes.channel[..])
        .bind(&batch.requires[..])
}

fn bind_counters<'q>(query: Statement<'q>, batch: &'q Batch<'_>) -> Statement<'q> {
    let hubs: Vec<&str> = batch
        .asked_stock
        .iter()
        .map(|key| key.hub.as_str())
        .collect();
    let skus: Vec<&str> = batch
        .asked_stock
        .iter()
        .map(|key| key.sku.as_str())
        .collect();
    query
        .bind(&batch.claims.kind[..])
        .bind(&batch.claims.owner[..])
        .bind(&batch.claims.name[..])
        .bind(&batch.claims.line[..])
        .bind(&batch.claims.hub[..])
        .bind(&batch.claims.sku[..])
        .bind(&batch.claims.stock[..])
        .bind(&batch.changes[..])
        .bind(&batch.change_ends[..])
        .bind(hubs)
        .bind(skus)
        .bind(&batch.deltas[..])
}

fn bind_appended<'q>(query: Statement<'q>, batch: &'q Batch<'_>) -> Statement<'q> {
    query
        .bind(&batch.movements.id[..])
        .bind(&batch.movements.item[..])
        .bind(&batch.movements.first[..])
        .bind(&batch.movements.hub[..])
        .bind(&batch.movements.sku[..])
        .bind(&batch.movements.kind[..])
        .bind(&batch.movements.delta[..])
        .bind(&batch.movements.order[..])
        .bind(&batch.movements.reason[..])
        .bind(&batch.movements.transfer[..])
        .bind(&batch.stream_kind[..])
        .bind(&batch.stream_id[..])
        .bind(&batch.unplaced[..])
        .bind(&batch.events[..])
        .bind(&batch.event_body[..])
        .bind(&batch.jobs.id[..])
        .bind(&batch.jobs.item[..])
        .bind(&batch.jobs.first[..])
        .bind(&batch.jobs.queue[..])
        .bind(&batch.jobs.kind[..])
        .bind(&batch.jobs.payload[..])
        .bind(&batch.jobs.run[..])
        .bind(&batch.jobs.priority[..])
        .bind(&batch.jobs.unique[..])
        .bind(&batch.jobs.attempts[..])
        .bind(&batch.jobs.trace[..])
        .bind(&batch.counters.kind[..])
        .bind(&batch.counters.a[..])
        .bind(&batch.counters.b[..])
        .bind(&batch.counter_changes[..])
}
