//! The one statement of a batch that is committed as a whole.

use oms_core::value::TenantId;
use sqlx::Postgres;
use sqlx::postgres::PgArguments;
use sqlx::query::Query;

use super::super::rows::Time;
use super::Whole;

type Statement<'q> = Query<'q, Postgres, PgArguments>;

/// One call of the function, with every column of the batch.
const SQL: &str = "SELECT oms.commit_whole_v1( \
    $1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, \
    $20, $21, $22, $23, $24, $25, $26, $27, $28, $29, $30, $31, $32, $33, $34, $35, $36, \
    $37, $38, $39, $40, $41, $42, $43, $44, $45, $46, $47, $48, $49, $50, $51, $52, $53, \
    $54, $55, $56, $57, $58, $59, $60, $61, $62, $63, $64, $65, $66, $67, $68, $69, $70, \
    $71, $72, $73, $74, $75, $76, $77, $78, $79, $80, $81, $82, $83, $84, $85, $86, $87, \
    $88, $89, $90, $91, $92, $93, $94) AS at";

/// The statement that commits a batch, at `now` instead of the server's time if given.
pub(crate) fn statement<'q>(
    whole: &'q Whole<'_>,
    tenant: &'q TenantId,
    now: Option<Time>,
) -> Statement<'q> {
    let planned = &whole.items.planned;
    let query = sqlx::query(SQL)
        .bind(tenant.as_str())
        .bind(now)
        .bind(planned.iter().min())
        .bind(planned.iter().max())
        .bind(&whole.items.key[..])
        .bind(&whole.items.fingerprint[..])
        .bind(&whole.items.receipt[..]);
    let query = bind_names(query, whole);
    let query = bind_documents(query, whole);
    let query = bind_counters(query, whole);
    bind_appended(query, whole)
}

fn bind_names<'q>(query: Statement<'q>, whole: &'q Whole<'_>) -> Statement<'q> {
    query
        .bind(&whole.required.kind[..])
        .bind(&whole.required.id[..])
        .bind(&whole.required.customer[..])
        .bind(&whole.names.kind[..])
        .bind(&whole.names.a[..])
        .bind(&whole.names.b[..])
        .bind(&whole.names.c[..])
        .bind(&whole.names.holder[..])
        .bind(&whole.names.t1[..])
        .bind(&whole.names.t2[..])
        .bind(&whole.names.u[..])
        .bind(&whole.names.n[..])
}

fn bind_documents<'q>(query: Statement<'q>, whole: &'q Whole<'_>) -> Statement<'q> {
    query
        .bind(whole.heads.new)
        .bind(&whole.heads.id[..])
        .bind(&whole.heads.expected[..])
        .bind(&whole.heads.version[..])
        .bind(&whole.heads.number[..])
        .bind(&whole.heads.schema[..])
        .bind(&whole.heads.status[..])
        .bind(&whole.heads.placed[..])
        .bind(&whole.heads.since[..])
        .bind(&whole.heads.promised[..])
        .bind(&whole.heads.channel[..])
        .bind(&whole.heads.customer[..])
        .bind(&whole.heads.body[..])
        .bind(whole.fulfillments.new)
        .bind(&whole.fulfillments.order[..])
        .bind(&whole.fulfillments.number[..])
        .bind(&whole.fulfillments.expected[..])
        .bind(&whole.fulfillments.version[..])
        .bind(&whole.fulfillments.schema[..])
        .bind(&whole.fulfillments.body[..])
        .bind(whole.rows.kinds)
        .bind(&whole.rows.kind[..])
        .bind(&whole.rows.id[..])
        .bind(&whole.rows.n[..])
        .bind(&whole.rows.version[..])
        .bind(&whole.rows.schema[..])
        .bind(&whole.rows.personal[..])
        .bind(&whole.rows.customer[..])
        .bind(&whole.rows.order[..])
        .bind(&whole.rows.body[..])
}

fn bind_counters<'q>(query: Statement<'q>, whole: &'q Whole<'_>) -> Statement<'q> {
    query
        .bind(whole.claims.new)
        .bind(&whole.claims.change[..])
        .bind(&whole.claims.kind[..])
        .bind(&whole.claims.owner[..])
        .bind(&whole.claims.name[..])
        .bind(&whole.claims.line[..])
        .bind(&whole.claims.hub[..])
        .bind(&whole.claims.sku[..])
        .bind(&whole.claims.units[..])
        .bind(&whole.claims.until[..])
        .bind(&whole.stock.hub[..])
        .bind(&whole.stock.sku[..])
        .bind(&whole.stock.items[..])
        .bind(&whole.stock.on_hand[..])
        .bind(&whole.stock.reserved[..])
        .bind(&whole.stock.least_on_hand[..])
        .bind(&whole.stock.least_reserved[..])
        .bind(&whole.stock.most[..])
        .bind(&whole.stock.claim[..])
        .bind(&whole.stock.spare[..])
}

fn bind_appended<'q>(query: Statement<'q>, whole: &'q Whole<'_>) -> Statement<'q> {
    query
        .bind(&whole.movements.item[..])
        .bind(&whole.movements.id[..])
        .bind(&whole.movements.hub[..])
        .bind(&whole.movements.sku[..])
        .bind(&whole.movements.kind[..])
        .bind(&whole.movements.delta[..])
        .bind(&whole.movements.order[..])
        .bind(&whole.movements.reason[..])
        .bind(&whole.streams.kind[..])
        .bind(&whole.streams.id[..])
        .bind(&whole.streams.before[..])
        .bind(&whole.events.item[..])
        .bind(&whole.events.kind[..])
        .bind(&whole.events.id[..])
        .bind(&whole.events.seq[..])
        .bind(&whole.events.name[..])
        .bind(&whole.events.schema[..])
        .bind(&whole.events.body[..])
        .bind(&whole.events.actor[..])
        .bind(&whole.events.actor_id[..])
        .bind(&whole.items.planned[..])
        .bind(&whole.items.actor[..])
        .bind(&whole.items.actor_id[..])
        .bind(&whole.items.reason[..])
        .bind(&whole.items.request[..])
}
