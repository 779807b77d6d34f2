-- Makes leases last for so long from now, and answers the ids of those that counted.
--
-- The rows of a call come sorted by id and are visited in that order (a nested loop, outer side the
-- arrays), so two calls that meet wait for each other in one order only. Each row belongs to one
-- lease, so nobody waits for long.
--
-- `state + 0`: said plainly it would let the planner take the index of jobs that are due, which finds
-- an id only by reading all of the tenant's.
CREATE OR REPLACE FUNCTION oms.extend_jobs_v1(
    p_tenant text, p_now timestamptz, p_id uuid[], p_token bigint[], p_lease_secs bigint
) RETURNS TABLE (id uuid)
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = oms, pg_temp
SET random_page_cost = 0.1 SET enable_seqscan = off SET enable_hashjoin = off SET enable_mergejoin = off
SET enable_bitmapscan = off SET plan_cache_mode = force_generic_plan SET jit = off
AS $$
#variable_conflict use_column
DECLARE
    v_now timestamptz := coalesce(p_now, clock_timestamp());
BEGIN
    RETURN QUERY
    UPDATE oms.job j SET run_at = v_now + p_lease_secs * interval '1 second'
    FROM unnest(p_id, p_token) q(id, token)
    WHERE j.tenant = p_tenant AND j.id = q.id AND j.token = q.token AND j.state + 0 = 2
    RETURNING j.id;
END $$
