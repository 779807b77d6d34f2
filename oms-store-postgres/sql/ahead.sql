-- The highest transaction that an event names or a place has passed, where this server is not as
-- far; no row otherwise. Asked at every start: tenants are stepped through by the key and the last
-- event of each is looked up by the index of the feed, so it is one look per tenant, whatever the
-- planner knows. Numbers, not xid8, for PostgreSQL 14.
WITH RECURSIVE known (tenant) AS (
    (SELECT e.tenant FROM oms.event e ORDER BY e.tenant LIMIT 1)
    UNION ALL
    SELECT (SELECT e.tenant FROM oms.event e WHERE e.tenant > k.tenant ORDER BY e.tenant LIMIT 1)
    FROM known k WHERE k.tenant IS NOT NULL
), named (number) AS (
    SELECT x.xid::text::numeric FROM known k
    CROSS JOIN LATERAL (
        SELECT e.xid FROM oms.event e
        WHERE e.tenant COLLATE "POSIX" = k.tenant ORDER BY e.xid DESC LIMIT 1
    ) x
    UNION ALL
    SELECT pg_snapshot_xmax((
        CASE left(s.place, 1) WHEN '[' THEN s.place::json->>0 ELSE s.place END
    )::pg_snapshot)::text::numeric - 1
    FROM oms.subscription s
)
SELECT max(n.number)::text AS ahead, h.here::text AS here
FROM named n
CROSS JOIN (SELECT pg_snapshot_xmax(pg_current_snapshot())::text::numeric AS here) h
GROUP BY h.here HAVING max(n.number) >= h.here
