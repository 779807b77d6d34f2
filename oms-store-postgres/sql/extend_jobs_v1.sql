-- Makes leases last for so long from now, and answers the ids of those that counted.
--
-- The rows of a call come sorted by id and are visited in that order (a nested loop, outer side the
-- arrays), so two calls that meet wait for each other in one order only. Each row belongs to one
-- lease, so nobody waits for long.
--
-- Told plainly that the tenants are equal, the planner may walk the whole key, or all jobs of the
-- tenant, and look each up in the arrays, where it takes them for few: where most tenants have few,
-- or where nothing waited when the plan was made, which a session keeps when the queue fills. ANY of
-- one is no equality to sort by, and the tenant comes from a subquery that cannot be flattened
-- (OFFSET 0), so the arrays drive the look-ups, whatever is known of the table.
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
    FROM (
        SELECT p_tenant AS tenant, u.* FROM unnest(p_id, p_token) u(id, token) OFFSET 0
    ) q
    WHERE j.tenant = ANY (ARRAY[q.tenant]) AND j.id = q.id AND j.token = q.token
        AND j.state + 0 = 2
    RETURNING j.id;
END $$
