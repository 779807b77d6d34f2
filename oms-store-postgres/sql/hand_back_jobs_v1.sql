-- Gives jobs back that were claimed and not finished: due at once, the attempt does not count.
-- Answers the ids of those whose lease counted. Order of the rows as in extend_jobs_v1.
CREATE OR REPLACE FUNCTION oms.hand_back_jobs_v1(
    p_tenant text, p_now timestamptz, p_id uuid[], p_token bigint[]
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
    UPDATE oms.job j SET state = 1, attempts = j.attempts - 1, run_at = v_now
    FROM (
        SELECT p_tenant AS tenant, u.* FROM unnest(p_id, p_token) u(id, token) OFFSET 0
    ) q
    WHERE j.tenant = ANY (ARRAY[q.tenant]) AND j.id = q.id AND j.token = q.token
        AND j.state + 0 = 2
    RETURNING j.id;
END $$
