-- The stock rows of a tenant whose counters are not what live claims and movements add up to, as
-- audit_v1 compares them, by key; nothing is written. Run by the owner of the schema.
--
-- Shape: a commit changes a counter and what stands behind it alike, so by how much the two differ
-- stays the same whoever commits. That is measured here in one statement, as of one moment and
-- without a lock, however long it takes, and added by rebuild_stock_row.sql at whatever moment
-- later: what was committed in between is counted already. Nobody is kept waiting by the look.
WITH live AS (
    SELECT hub, sku, sum(tentative::bigint + confirmed) AS units FROM oms.reservation
    WHERE tenant = $1 GROUP BY hub, sku
), moved AS (
    SELECT hub, sku, sum(delta) AS units FROM oms.movement
    WHERE tenant = $1 GROUP BY hub, sku
), level AS (
    SELECT hub, sku, on_hand, reserved FROM oms.stock_level WHERE tenant = $1
), compared AS (
    SELECT hub, sku, coalesce(l.on_hand, 0)::bigint AS on_hand,
        coalesce(m.units, 0)::bigint AS moved, coalesce(l.reserved, 0)::bigint AS reserved,
        coalesce(r.units, 0)::bigint AS claimed
    FROM level l FULL JOIN live r USING (hub, sku) FULL JOIN moved m USING (hub, sku)
)
SELECT hub, sku, on_hand, moved, reserved, claimed FROM compared
WHERE on_hand <> moved OR reserved <> claimed
ORDER BY hub, sku
