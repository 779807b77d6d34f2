//! What people read: a row of each documented view.

use oms_core::plan::OnProblem;
use oms_core::service::Call;
use oms_store_postgres::sqlx::{self, PgPool, Row};

use crate::common::{Database, block_on, shared};
use crate::shop;

async fn text(pool: &PgPool, sql: &'static str) -> Vec<Option<String>> {
    let row = sqlx::query(sql).fetch_one(pool).await.unwrap();
    (0..row.len()).map(|column| row.get(column)).collect()
}

fn is(found: &[Option<String>], wanted: &[&str]) {
    let found: Vec<&str> = found
        .iter()
        .map(|text| text.as_deref().unwrap_or("-"))
        .collect();
    assert_eq!(found, wanted);
}

#[test]
fn each_view_shows_what_was_stored() {
    block_on(async {
        let database = Database::new().await;
        let store = database.store(2).await;
        let tenant = shop::open(shared(&store));
        shop::furnish(&tenant, &["TEA", "CUP"], 10).await;
        let order = shop::place(&tenant, "W-1", &["TEA", "CUP"]).await;
        shop::reserve(&tenant, &shop::cart(7), "TEA", 60).await;
        let pool = store.pool();

        let sql = "SELECT tenant::text, id::text, number::text, status::text, channel::text, \
            currency, version::text, (placed_at <= now())::text, \
            body->'payment'->>'currency' FROM oms.orders";
        let found = text(pool, sql).await;
        let head = tenant.order(order).await.unwrap();
        let (id, number) = (order.to_string(), head.head.number.to_string());
        let version = head.version.get().to_string();
        let status = head.status();
        let status = status.as_str();
        is(
            &found,
            &[
                "acme", &id, &number, status, "desk", "EUR", &version, "true", "EUR",
            ],
        );

        let sql = "SELECT tenant::text, order_id::text, order_number::text, line, sku, \
            (body IS NOT NULL)::text FROM oms.order_lines WHERE sku = 'CUP'";
        is(
            &text(pool, sql).await,
            &["acme", &id, &number, "2", "CUP", "true"],
        );

        let sql = "SELECT tenant::text, order_id::text, number::text, hub, status, \
            (version > 0)::text, body->'claim'->>'kind' FROM oms.fulfillments";
        let work = head.fulfillments.values().next().unwrap();
        let (claimed, begun) = (work.hub.as_str(), work.status.as_str());
        is(
            &text(pool, sql).await,
            &["acme", &id, "1", claimed, begun, "true", "confirmed"],
        );

        let sql = "SELECT tenant::text, hub::text, sku::text, on_hand::text, reserved::text, \
            incoming::text, safety::text, available::text, shortfall::text \
            FROM oms.stock WHERE sku = 'TEA'";
        is(
            &text(pool, sql).await,
            &["acme", "north", "TEA", "10", "2", "0", "0", "8", "0"],
        );

        let sql = "SELECT tenant::text, owner_kind, owner, line::text, hub::text, \
            sku::text, state, \
            tentative::text, confirmed::text, (expires_at > now())::text \
            FROM oms.reservations WHERE owner_kind = 'cart'";
        let cart = oms_core::testing::build::cart_id(7).to_string();
        is(
            &text(pool, sql).await,
            &[
                "acme",
                "cart",
                &cart,
                "1",
                "north",
                "TEA",
                "tentative",
                "1",
                "0",
                "true",
            ],
        );
        let sql = "SELECT owner, state, confirmed::text, expires_at::text \
            FROM oms.reservations WHERE owner_kind = 'order' AND sku = 'CUP'";
        is(&text(pool, sql).await, &[&id, "confirmed", "1", "-"]);

        let sql = "SELECT tenant::text, stream_kind::text, stream_id::text, seq::text, name, \
            actor_kind, (at <= now())::text, (body IS NOT NULL)::text \
            FROM oms.events WHERE stream_kind = 'order' ORDER BY seq LIMIT 1";
        is(
            &text(pool, sql).await,
            &[
                "acme",
                "order",
                &id,
                "1",
                "order.placed",
                "system",
                "true",
                "true",
            ],
        );

        let sql = "SELECT tenant::text, hub::text, sku::text, kind::text, delta::text, \
            reason, actor_kind FROM oms.movements WHERE sku = 'CUP'";
        is(
            &text(pool, sql).await,
            &[
                "acme", "north", "CUP", "received", "10", "delivery", "system",
            ],
        );
        database.drop().await;
    });
}

#[test]
fn a_line_shows_its_sku_whatever_form_it_is_written_in() {
    block_on(async {
        let database = Database::new().await;
        let store = database.store(2).await;
        let tenant = shop::open(shared(&store));
        shop::furnish(&tenant, &["TEA", "CUP"], 10).await;
        // Two of the catalogue, one that nobody knows, and one without a word.
        let mut order = shop::order("W-1", &["TEA", "CUP", "T?", "X"]);
        order.on_problem = OnProblem::Hold;
        order.draft.lines[3].sku = None;
        tenant.place(order, Call::default()).await.unwrap();
        let pool = store.pool();
        // As an earlier release wrote it.
        let longer = "UPDATE oms.order_head \
            SET body = replace(body::text, '\"CUP\"', '{\"known\":\"CUP\"}')::json \
            WHERE body::text LIKE '%\"sku\":\"CUP\"%'";
        let written = sqlx::query(longer).execute(pool).await.unwrap();
        assert_eq!(written.rows_affected(), 1);

        let sql = "SELECT string_agg(coalesce(sku, '-'), ' ' ORDER BY line::integer) \
            FROM oms.order_lines";
        is(&text(pool, sql).await, &["TEA CUP T? -"]);
        database.drop().await;
    });
}
