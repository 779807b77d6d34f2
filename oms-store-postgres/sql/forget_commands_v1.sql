-- Forgets the keys of commands committed before a time, oldest first, at most a number of them.
-- Rows that somebody else is deleting are left to them.
--
-- The look-up by key has the shape of extend_jobs_v1.
CREATE OR REPLACE FUNCTION oms.forget_commands_v1(
    p_tenant text, p_before timestamptz, p_limit bigint
) RETURNS bigint
LANGUAGE sql SECURITY DEFINER
SET search_path = oms, pg_temp
SET random_page_cost = 0.1 SET enable_seqscan = off SET enable_hashjoin = off SET enable_mergejoin = off
SET enable_bitmapscan = off SET plan_cache_mode = force_generic_plan SET jit = off
AS $$
    WITH old AS (
        SELECT tenant, key FROM oms.command WHERE tenant = p_tenant
            AND tenant COLLATE "POSIX" = p_tenant AND at < p_before
        ORDER BY at LIMIT p_limit FOR UPDATE SKIP LOCKED
    ), gone AS (
        DELETE FROM oms.command c USING old
        WHERE c.tenant = ANY (ARRAY[old.tenant]) AND c.key = old.key
        RETURNING 1
    )
    SELECT count(*) FROM gone
$$
