-- What people and BI tools read: stable names over the tables, whatever becomes of those.
CREATE OR REPLACE VIEW oms.orders AS
SELECT tenant, id, number, status, channel, customer, placed_at, state_since, promised_by, version,
    body->'payment'->>'currency' AS currency, body
FROM oms.order_head;

CREATE OR REPLACE VIEW oms.order_lines AS
SELECT h.tenant, h.id AS order_id, h.number AS order_number, l.key AS line,
    coalesce(l.value->'sku'->>'known', l.value->'sku'->>'unknown', l.value->>'sku') AS sku,
    l.value AS body
FROM oms.order_head h
CROSS JOIN LATERAL (
    SELECT e.value->>'id' AS key, e.value FROM json_array_elements(
        CASE json_typeof(h.body->'lines') WHEN 'array' THEN h.body->'lines' ELSE '[]' END) e
    UNION ALL
    SELECT e.key, e.value FROM json_each(
        CASE json_typeof(h.body->'lines') WHEN 'object' THEN h.body->'lines' ELSE '{}' END) e
) l;

CREATE OR REPLACE VIEW oms.stock AS
SELECT tenant, hub, sku, on_hand, reserved, incoming, safety,
    on_hand::bigint - reserved - safety AS available, shortfall, version
FROM oms.stock_level;

CREATE OR REPLACE VIEW oms.reservations AS
SELECT tenant, CASE owner_kind WHEN 1 THEN 'order' WHEN 2 THEN 'cart' ELSE 'host' END AS owner_kind,
    CASE owner_kind WHEN 3 THEN owner_name ELSE owner_id::text END AS owner, line, hub, sku,
    CASE WHEN tentative > 0 THEN 'tentative' WHEN confirmed > 0 THEN 'confirmed'
        WHEN consumed > 0 THEN 'consumed' WHEN expired > 0 THEN 'expired' ELSE 'released'
    END AS state,
    tentative, confirmed, consumed, released, expired, lapsed, expires_at, version
FROM oms.reservation;

CREATE OR REPLACE VIEW oms.events AS
SELECT e.tenant, e.stream_kind, e.stream_id, e.seq + one.place - 1 AS seq, one.event->>0 AS name,
    e.at, coalesce(one.event->>3, e.actor_kind) AS actor_kind,
    CASE WHEN one.event->>3 IS NULL THEN e.actor_id ELSE one.event->>4 END AS actor_id,
    e.reason, e.request_id, e.command_key, (one.event->>1)::smallint AS schema, one.event->2 AS body
FROM oms.event e
CROSS JOIN LATERAL json_array_elements(e.body) WITH ORDINALITY one(event, place);

CREATE OR REPLACE VIEW oms.movements AS
SELECT tenant, id, at, hub, sku, kind, delta, order_id, reason, actor_kind, actor_id, origin_reason,
    request_id, command_key
FROM oms.movement;
