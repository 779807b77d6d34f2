//! A hundred thousand orders, made by the server from one that the library placed.

use oms_store_postgres::sqlx::{AssertSqlSafe, Executor, PgPool};

/// Orders, of three lines each.
pub(crate) const ORDERS: u32 = 100_000;

/// Copies of the order with the reference `template`, of the stock row of `A` and of its first
/// movement. The ids are spread as random ones are. Nothing is analysed.
pub(crate) async fn load(pool: &PgPool) {
    let id = "md5('order-' || n)::uuid";
    let swap = |column: &str| format!("replace(x.{column}::text, t.id::text, ({id})::text)");
    let body = swap("body");
    let event_body = swap("body");
    let receipt = swap("receipt");
    let parts = [
        format!(
            "INSERT INTO oms.order_head SELECT x.tenant, {id}, x.version, n + 1000, x.schema, \
             CASE WHEN n % 10 = 0 THEN 'approved' ELSE 'delivered' END, \
             x.placed_at - n * interval '1 second', x.state_since, x.promised_by, x.channel, \
             x.customer, ({body})::json FROM t JOIN oms.order_head x ON x.id = t.id, s"
        ),
        format!(
            "INSERT INTO oms.fulfillment SELECT x.tenant, {id}, x.number, x.version, x.schema, \
             x.body FROM t JOIN oms.fulfillment x ON x.order_id = t.id, s"
        ),
        format!(
            "INSERT INTO oms.explanation SELECT x.tenant, {id}, x.order_version, x.version, \
             x.schema, x.body FROM t JOIN oms.explanation x ON x.order_id = t.id, s"
        ),
        format!(
            "INSERT INTO oms.reservation SELECT x.tenant, x.owner_kind, {id}, x.owner_name, \
             x.line, x.hub, 'SKU-' || (n * 3 + x.line) % 20000, x.tentative, x.confirmed, \
             x.consumed, x.released, x.expired, x.lapsed, x.expires_at, x.version \
             FROM t JOIN oms.reservation x ON x.owner_id = t.id, s"
        ),
        format!(
            "INSERT INTO oms.event SELECT x.tenant, x.stream_kind, ({id})::text, x.seq, \
             x.length, x.actor_kind, x.actor_id, x.reason, x.request_id, \
             md5('command-' || n)::uuid::text, x.at, pg_current_xact_id(), ({event_body})::json \
             FROM t JOIN oms.event x ON x.stream_kind = 'order' AND x.stream_id = t.id::text, s"
        ),
        format!(
            "INSERT INTO oms.unique_name SELECT x.tenant, x.kind, \
             CASE x.kind WHEN 2 THEN (n + 1000)::text ELSE x.a END, x.b, \
             CASE x.kind WHEN 2 THEN x.c ELSE 'order-' || n END, x.holder_kind, x.holder_t1, \
             x.holder_t2, {id}, x.holder_n FROM t JOIN oms.unique_name x ON x.holder_u = t.id, s"
        ),
        format!(
            "INSERT INTO oms.command SELECT x.tenant, md5('command-' || n)::uuid::text, \
             x.fingerprint, {receipt}, x.at FROM t JOIN oms.command x ON x.key = t.key, s"
        ),
        "INSERT INTO oms.product SELECT x.tenant, 'SKU-' || n, x.version, x.schema, x.active, \
         replace(x.body::text, '\"A\"', '\"SKU-' || n || '\"')::json \
         FROM oms.product x, s WHERE x.sku = 'A' AND n < 20000"
            .to_owned(),
        "INSERT INTO oms.stock_level SELECT x.tenant, x.hub, 'SKU-' || n, 100000, 100, 0, 0, 0, 1 \
         FROM oms.stock_level x, s WHERE x.sku = 'A' AND n < 20000"
            .to_owned(),
        "INSERT INTO oms.movement SELECT x.tenant, md5('movement-' || n)::uuid, x.at, x.hub, \
         'SKU-' || n % 20000, x.kind, x.delta, x.order_id, x.reason, x.actor_kind, x.actor_id, \
         x.origin_reason, x.request_id, x.command_key FROM oms.movement x, s WHERE x.sku = 'A'"
            .to_owned(),
    ];
    for part in parts {
        let sql = format!(
            "WITH t AS MATERIALIZED (SELECT u.holder_u AS id, e.command_key AS key \
             FROM oms.unique_name u JOIN oms.event e \
             ON e.stream_id = u.holder_u::text AND e.seq = 1 WHERE u.c = 'template'), \
             s AS (SELECT n FROM generate_series(0, {}) n) {part}",
            ORDERS - 1
        );
        pool.execute(AssertSqlSafe(sql)).await.unwrap();
    }
}
