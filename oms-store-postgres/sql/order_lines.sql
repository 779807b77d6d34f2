-- The lines of orders, for people; whatever the shape of the head they stand in.
CREATE OR REPLACE VIEW oms.order_lines AS
SELECT h.tenant, h.id AS order_id, h.number AS order_number, l.key AS line,
    CASE json_typeof(l.value->'sku') WHEN 'string' THEN l.value->>'sku'
        ELSE coalesce(l.value->'sku'->>'known', l.value->'sku'->>'unknown') END AS sku,
    l.value AS body
FROM oms.order_head h
CROSS JOIN LATERAL (
    SELECT e.value->>'id' AS key, e.value FROM json_array_elements(
        CASE json_typeof(h.body->'lines') WHEN 'array' THEN h.body->'lines' ELSE '[]' END) e
    UNION ALL
    SELECT e.key, e.value FROM json_each(
        CASE json_typeof(h.body->'lines') WHEN 'object' THEN h.body->'lines' ELSE '{}' END) e
) l
