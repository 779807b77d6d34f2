-- Many orders of 3 lines by one statement: the hub of each, and the SKUs of all, three after three.
-- All are written or none.
WITH o AS MATERIALIZED (
    SELECT id, hub, place FROM unnest($1::uuid[], $2::integer[]) WITH ORDINALITY o(id, hub, place)
), l AS MATERIALIZED (
    SELECT o.id, ((s.n - 1) % 3 + 1)::smallint AS line, o.hub, s.sku, 2 AS units, 24.95 AS price
    FROM unnest($3::integer[]) WITH ORDINALITY s(sku, n) JOIN o ON o.place = (s.n - 1) / 3 + 1
), k AS (
    INSERT INTO narrow.idempotency_key (tenant, key, order_id)
    SELECT 1, id::text, id FROM o ON CONFLICT DO NOTHING
), h AS (
    INSERT INTO narrow.orders (tenant, id, status, currency, total, customer)
    SELECT 1, id, 1, 'EUR', sum(units * price), 1 FROM l GROUP BY id
), n AS (
    INSERT INTO narrow.order_line SELECT 1, id, line, sku, hub, units, price FROM l
), r AS (
    INSERT INTO narrow.reservation
    SELECT 1, id, line, hub, sku, units, now() + interval '15 minutes' FROM l
), e AS (
    INSERT INTO narrow.outbox (tenant, topic, payload)
    SELECT 1, 'order.placed', jsonb_build_object('id', id, 'currency', 'EUR', 'lines', 3) FROM o
), d AS MATERIALIZED (
    SELECT hub, sku, sum(units)::integer AS units FROM l GROUP BY hub, sku
), a AS MATERIALIZED (
    SELECT s.hub, s.sku, d.units
    FROM d JOIN narrow.stock s ON s.tenant = 1 AND s.hub = d.hub AND s.sku = d.sku
    WHERE s.on_hand - s.reserved >= d.units ORDER BY s.hub, s.sku FOR UPDATE OF s
), u AS (
    UPDATE narrow.stock s SET reserved = s.reserved + a.units FROM a
    WHERE s.tenant = 1 AND s.hub = a.hub AND s.sku = a.sku RETURNING 1
)
SELECT 1 / CASE WHEN (SELECT count(*) FROM u) = (SELECT count(*) FROM d) THEN 1 ELSE 0 END
