-- One order of 3 lines by one statement, its lines inside it. A short row makes it fail as a whole.
WITH l AS MATERIALIZED (
    SELECT line, sku, 2 AS units, 24.95 AS price
    FROM unnest($3::integer[]) WITH ORDINALITY l(sku, line)
), o AS (
    INSERT INTO narrow.lean_order (tenant, id, key, status, currency, total, customer, lines,
        reserved_until)
    SELECT 1, $1, $1::text, 1, 'EUR', sum(units * price), 1,
        jsonb_agg(jsonb_build_array(line, sku, $2::integer, units, price)),
        now() + interval '15 minutes'
    FROM l
    ON CONFLICT (tenant, key) DO NOTHING RETURNING id
), e AS (
    INSERT INTO narrow.outbox (tenant, topic, payload)
    SELECT 1, 'order.placed', jsonb_build_object('id', id, 'currency', 'EUR', 'lines', 3) FROM o
), a AS MATERIALIZED (
    SELECT s.sku, l.units
    FROM l JOIN narrow.stock s ON s.tenant = 1 AND s.hub = $2 AND s.sku = l.sku
    WHERE s.on_hand - s.reserved >= l.units AND EXISTS (SELECT FROM o)
    ORDER BY s.sku FOR UPDATE OF s
), u AS (
    UPDATE narrow.stock s SET reserved = s.reserved + a.units FROM a
    WHERE s.tenant = 1 AND s.hub = $2 AND s.sku = a.sku RETURNING 1
)
SELECT 1 / CASE WHEN (SELECT count(*) FROM u) = 3 THEN 1 ELSE 0 END
