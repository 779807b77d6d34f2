-- Forgets the counters of hub days and delivery slots of days before one (its text), the oldest
-- first, at most a number of them. Rows that somebody else is changing are left to them.
--
-- The look-up by key has the shape of extend_jobs_v1.
CREATE OR REPLACE FUNCTION oms.forget_counters_v1(p_tenant text, p_before text, p_limit bigint)
RETURNS bigint
LANGUAGE sql SECURITY DEFINER
SET search_path = oms, pg_temp
SET random_page_cost = 0.1 SET enable_seqscan = off SET enable_hashjoin = off SET enable_mergejoin = off
SET enable_bitmapscan = off SET plan_cache_mode = force_generic_plan SET jit = off
AS $$
    WITH old AS (
        SELECT tenant, kind, a, b FROM oms.counter WHERE tenant = p_tenant
            AND tenant COLLATE "POSIX" = p_tenant AND kind IN (1, 3) AND b < p_before
        ORDER BY b LIMIT p_limit FOR UPDATE SKIP LOCKED
    ), gone AS (
        DELETE FROM oms.counter c USING old
        WHERE c.tenant = ANY (ARRAY[old.tenant]) AND c.kind = old.kind AND c.a = old.a
            AND c.b = old.b
        RETURNING 1
    )
    SELECT count(*) FROM gone
$$
