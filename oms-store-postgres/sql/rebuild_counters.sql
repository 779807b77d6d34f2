-- The counters of hub days and delivery slots of which another number is taken than the stored
-- orders of a tenant take up, as audit_counters_v1 compares them, by key; nothing is written. $2 is
-- the present time, if it is not the server's. Run by the owner of the schema.
--
-- Shape: as rebuild_stock.sql. A commit changes an order and its counters alike, so the difference is
-- measured without a lock and added later by rebuild_counter.sql.
WITH kept AS (
    -- COUNTER_RETENTION_DAYS; as text, days sort as they follow each other.
    SELECT to_char((coalesce($2::timestamptz, clock_timestamp()) AT TIME ZONE 'UTC')::date - 35,
        'YYYY-MM-DD') COLLATE "C" AS first
), work AS (
    SELECT (body->'hub') #>> '{}' AS hub, (body->'day') #>> '{}' AS day
    FROM oms.fulfillment
    WHERE tenant = $1 AND (body->'status') #>> '{}' IS DISTINCT FROM 'cancelled'
), booking AS (
    SELECT (slot->'hub') #>> '{}' AS hub, (slot->'date') #>> '{}' AS day,
        (slot->'slot') #>> '{}' AS slot
    FROM (
        -- Each look into a large body costs reading it.
        SELECT body->'slot' AS slot, body->'state' AS state FROM oms.order_head
        WHERE tenant = $1 OFFSET 0
    ) h
    WHERE slot IS NOT NULL AND state #>> '{}' IS DISTINCT FROM 'cancelled'
), used AS (
    SELECT kind, a COLLATE "C" AS a, b COLLATE "C" AS b, count(*) AS orders
    FROM (
        SELECT 1::smallint, hub, day FROM work
        UNION ALL
        SELECT 3::smallint, hub, day || '/' || slot FROM booking
    ) x(kind, a, b), kept
    WHERE a IS NOT NULL AND b COLLATE "C" >= first
    GROUP BY kind, a, b
), counted AS (
    SELECT kind, a, b, taken FROM oms.counter, kept
    WHERE tenant = $1 AND kind IN (1, 3) AND b >= first
)
SELECT kind, a, b, CASE kind WHEN 1 THEN format('work of %s on %s', a, b)
        ELSE format('bookings of slot %s of %s on %s', substr(b, 12), a, left(b, 10)) END AS subject,
    coalesce(taken, 0)::bigint AS taken, coalesce(orders, 0)::bigint AS orders
FROM counted FULL JOIN used USING (kind, a, b)
WHERE coalesce(taken, 0) <> coalesce(orders, 0)
ORDER BY kind, a, b
