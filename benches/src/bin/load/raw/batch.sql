-- Many orders by one statement, each with a verdict of its own: the stock rows are locked in the
-- order of their keys, demand is summed up along the orders, and an order whose every line still
-- fits is written. A refused order counts in the sum: never too much is sold, perhaps a little too
-- little.
WITH o AS MATERIALIZED (
    SELECT *
    FROM unnest($2::uuid[], $3::bigint[], $4::text[], $5::text[], $6::bytea[], $7::text[],
        $8::text[], $9::text[], $10::text[], $12::text[], $13::text[])
        WITH ORDINALITY o(id, number, reference, key, fingerprint, receipt, head, work,
            explanation, events, hub, place)
), l AS MATERIALIZED (
    SELECT o.id, o.place, o.hub, l.sku, (l.n - 1) % 3 + 1 AS line
    FROM unnest($14::text[]) WITH ORDINALITY l(sku, n) JOIN o ON o.place = (l.n - 1) / 3 + 1
), d AS MATERIALIZED (
    SELECT hub, sku FROM l GROUP BY hub, sku ORDER BY hub, sku
), a AS MATERIALIZED (
    SELECT s.hub, s.sku, s.on_hand - s.reserved - s.safety AS available
    FROM d JOIN raw.stock_level s ON s.tenant = $1 AND s.hub = d.hub AND s.sku = d.sku
    ORDER BY s.hub, s.sku FOR UPDATE OF s
), v AS MATERIALIZED (
    SELECT r.place
    FROM (
        SELECT l.place, $17::int * count(*) OVER (PARTITION BY hub, sku ORDER BY l.place)
            <= a.available AS fits
        FROM l JOIN a USING (hub, sku)
    ) r
    GROUP BY r.place HAVING bool_and(r.fits) AND count(*) = 3
), k AS (
    INSERT INTO raw.command
    SELECT $1, o.key, o.fingerprint, o.receipt, now() FROM o JOIN v USING (place)
    RETURNING 1
), h AS (
    INSERT INTO raw.order_head
    SELECT $1, o.id, $16, o.number, 1, $15, now(), now(), NULL, 'web-shop', NULL, o.head::json
    FROM o JOIN v USING (place)
), f AS (
    INSERT INTO raw.fulfillment
    SELECT $1, o.id, 1, $16, 1, o.work::json FROM o JOIN v USING (place)
), x AS (
    INSERT INTO raw.explanation
    SELECT $1, o.id, 2, 1, 1, o.explanation::json FROM o JOIN v USING (place)
), n1 AS (
    INSERT INTO raw.unique_name
    SELECT $1, 1, 'web-shop', 'order', o.reference, 8, '', '', o.id, 0
    FROM o JOIN v USING (place)
), n2 AS (
    INSERT INTO raw.unique_name
    SELECT $1, 2, o.number::text, '', '', 8, '', '', o.id, 0 FROM o JOIN v USING (place)
), r AS (
    INSERT INTO raw.reservation
    SELECT $1, 1, l.id, '', l.line, l.hub, l.sku, 0, $17, 0, 0, 0, 0, NULL, 1
    FROM l JOIN v USING (place)
), e AS (
    INSERT INTO raw.event (tenant, stream_kind, stream_id, seq, length, actor_kind,
        command_key, at, body)
    SELECT $1, 'order', o.id::text, 1, $11, 'system', o.key, now(), o.events::json
    FROM o JOIN v USING (place)
), s AS (
    UPDATE raw.stock_level s SET reserved = s.reserved + q.units, version = s.version + q.lines
    FROM (
        SELECT hub, sku, $17::int * count(*)::int AS units, count(*) AS lines
        FROM l JOIN v USING (place) GROUP BY hub, sku
    ) q
    WHERE s.tenant = $1 AND s.hub = q.hub AND s.sku = q.sku
)
SELECT count(*) FROM k
