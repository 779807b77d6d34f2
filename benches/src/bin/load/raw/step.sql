-- One command on an order, by one statement; fails where the order is at another version.
WITH h AS (
    UPDATE raw.order_head
    SET version = $4, status = $5, body = coalesce($6::json, body),
        state_since = CASE WHEN $6 IS NULL THEN state_since ELSE now() END
    WHERE tenant = $1 AND id = $2 AND version = $3
    RETURNING 1
), f AS (
    UPDATE raw.fulfillment f SET version = $4, body = $7::json FROM h
    WHERE f.tenant = $1 AND f.order_id = $2 AND f.number = 1
), k AS (
    INSERT INTO raw.command SELECT $1, $8, $9, $10, now() FROM h
), e AS (
    INSERT INTO raw.event (tenant, stream_kind, stream_id, seq, length, actor_kind,
        command_key, at, body)
    SELECT $1, 'order', $2::text, $3 + 1, $11, 'system', $8, now(), $12::json FROM h
)
