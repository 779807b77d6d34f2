, m AS (
    INSERT INTO raw.movement (tenant, id, at, hub, sku, kind, delta, order_id, actor_kind,
        command_key)
    SELECT $1, l.id, now(), $13, l.sku, 'shipped', -$16, $2, 'system', $8
    FROM h, unnest($14::text[], $15::uuid[]) l(sku, id)
), s AS (
    UPDATE raw.stock_level s
    SET on_hand = s.on_hand - $16, reserved = s.reserved - $16, version = s.version + 1
    FROM h, unnest($14::text[]) l(sku)
    WHERE s.tenant = $1 AND s.hub = $13 AND s.sku = l.sku AND s.reserved >= $16
    RETURNING 1
)
