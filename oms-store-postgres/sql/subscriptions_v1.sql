-- Every subscriber of a tenant with what it has not acknowledged, counted up to a number.
CREATE OR REPLACE FUNCTION oms.subscriptions_v1(p_tenant text, p_counted_max bigint)
RETURNS TABLE (name text, behind bigint, oldest_at timestamptz)
LANGUAGE plpgsql STABLE SECURITY DEFINER
SET search_path = oms, pg_temp
SET random_page_cost = 0.1 SET enable_seqscan = off SET enable_hashjoin = off SET enable_mergejoin = off
SET enable_bitmapscan = off SET plan_cache_mode = force_generic_plan SET jit = off
AS $$
#variable_conflict use_column
DECLARE
    s record;
    v_seen pg_snapshot;
BEGIN
    FOR s IN
        SELECT u.name, u.place FROM oms.subscription u WHERE u.tenant = p_tenant ORDER BY u.name
    LOOP
        v_seen := CASE left(s.place, 1) WHEN '[' THEN s.place::json->>0 ELSE s.place END;
        name := s.name;
        SELECT least(coalesce(sum(q.length), 0), p_counted_max), min(q.at) INTO behind, oldest_at
        FROM (
            (SELECT e.at, e.length FROM unnest(ARRAY(SELECT pg_snapshot_xip(v_seen))) l
            CROSS JOIN LATERAL (
                SELECT x.at, x.length FROM oms.event x
                WHERE x.tenant COLLATE "POSIX" = p_tenant AND x.xid = l OFFSET 0
            ) e)
            UNION ALL
            (SELECT e.at, e.length FROM oms.event e
            WHERE e.tenant COLLATE "POSIX" = p_tenant AND e.xid >= pg_snapshot_xmax(v_seen)
            ORDER BY e.xid LIMIT p_counted_max)
            LIMIT p_counted_max
        ) q;
        RETURN NEXT;
    END LOOP;
END $$
