-- One order by one statement. The update of the stock comes last, so that busy rows are locked as
-- shortly as can be: the parts run in the order in which the last SELECT asks for their counts. A
-- short row makes it fail as a whole, by dividing by nothing.
WITH k AS (
    INSERT INTO raw.command VALUES ($1, $5, $6, $7, now()) ON CONFLICT DO NOTHING RETURNING 1
), h AS (
    INSERT INTO raw.order_head
    SELECT $1, $2, $16, $3, 1, $15, now(), now(), NULL, 'web-shop', NULL, $8::json FROM k
    RETURNING 1
), f AS (
    INSERT INTO raw.fulfillment SELECT $1, $2, 1, $16, 1, $9::json FROM k RETURNING 1
), x AS (
    INSERT INTO raw.explanation SELECT $1, $2, 2, 1, 1, $10::json FROM k RETURNING 1
), n AS (
    INSERT INTO raw.unique_name
    SELECT $1, n.kind, n.a, n.b, n.c, 8, '', '', $2, 0
    FROM k, (VALUES (1::smallint, 'web-shop', 'order', $4), (2, $3::text, '', '')) n(kind, a, b, c)
    RETURNING 1
), r AS (
    INSERT INTO raw.reservation
    SELECT $1, 1, $2, '', l.line, $13, l.sku, $17, $18, 0, 0, 0, 0,
        CASE WHEN $17 > 0 THEN now() + interval '15 minutes' END, 1
    FROM k, unnest($14::text[]) WITH ORDINALITY l(sku, line)
    RETURNING 1
), e AS (
    INSERT INTO raw.event (tenant, stream_kind, stream_id, seq, length, actor_kind,
        command_key, at, body)
    SELECT $1, 'order', $2::text, 1, $11, 'system', $5, now(), $12::json FROM k RETURNING 1
), s AS (
    UPDATE raw.stock_level s SET reserved = s.reserved + $17 + $18, version = s.version + 1
    FROM k, unnest($14::text[]) l(sku)
    WHERE s.tenant = $1 AND s.hub = $13 AND s.sku = l.sku
    AND s.reserved + $17 + $18 + s.safety <= s.on_hand
    RETURNING 1
)
SELECT (SELECT count(*) FROM h) + (SELECT count(*) FROM f) + (SELECT count(*) FROM x)
    + (SELECT count(*) FROM n) + (SELECT count(*) FROM r) + (SELECT count(*) FROM e)
    + 1 / (CASE WHEN (SELECT count(*) FROM s) = cardinality($14) THEN 1 ELSE 0 END)
