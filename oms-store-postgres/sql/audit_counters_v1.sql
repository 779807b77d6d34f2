-- Names the counters of hub days and delivery slots of which another number is taken than the
-- stored orders take up: work that is not cancelled, one of its hub's day; a head that is not
-- cancelled, one of its slot. Days so long over that their counters may be gone are left out, those
-- of the host's own always. A body that lacks what decides takes up nothing.
CREATE OR REPLACE FUNCTION oms.audit_counters_v1(p_tenant text, p_now timestamptz)
RETURNS TABLE (invariant text, subject text, detail text)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = oms, pg_temp
AS $$
    WITH kept AS (
        -- COUNTER_RETENTION_DAYS; as text, days sort as they follow each other.
        SELECT to_char((coalesce(p_now, clock_timestamp()) AT TIME ZONE 'UTC')::date - 35,
            'YYYY-MM-DD') COLLATE "C" AS first
    ), work AS (
        SELECT (body->'hub') #>> '{}' AS hub, (body->'day') #>> '{}' AS day
        FROM oms.fulfillment
        WHERE tenant = p_tenant AND (body->'status') #>> '{}' IS DISTINCT FROM 'cancelled'
    ), booking AS (
        SELECT (slot->'hub') #>> '{}' AS hub, (slot->'date') #>> '{}' AS day,
            (slot->'slot') #>> '{}' AS slot
        FROM (
            -- Each look into a large body costs reading it.
            SELECT body->'slot' AS slot, body->'state' AS state FROM oms.order_head
            WHERE tenant = p_tenant OFFSET 0
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
        WHERE tenant = p_tenant AND kind IN (1, 3) AND b >= first
    )
    SELECT 'capacity', CASE kind WHEN 1 THEN format('work of %s on %s', a, b)
            ELSE format('bookings of slot %s of %s on %s', substr(b, 12), a, left(b, 10)) END,
        format('%s are taken, its orders take up %s', coalesce(taken, 0), coalesce(orders, 0))
    FROM counted FULL JOIN used USING (kind, a, b)
    WHERE coalesce(taken, 0) <> coalesce(orders, 0)
$$
