-- Deletes jobs that are done, counts them, and answers the ids of those whose lease counted.
--
-- Deleting is the whole completion: nothing that is done stays where claims look. The rows of a call
-- come sorted by id and are visited in that order, as in extend_jobs_v1.
CREATE OR REPLACE FUNCTION oms.complete_jobs_v1(p_tenant text, p_id uuid[], p_token bigint[])
RETURNS TABLE (id uuid)
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = oms, pg_temp
SET random_page_cost = 0.1 SET enable_seqscan = off SET enable_hashjoin = off SET enable_mergejoin = off
SET enable_bitmapscan = off SET plan_cache_mode = force_generic_plan SET jit = off
AS $$
#variable_conflict use_column
BEGIN
    RETURN QUERY
    WITH gone AS (
        DELETE FROM oms.job j USING (
            SELECT p_tenant AS tenant, u.* FROM unnest(p_id, p_token) u(id, token) OFFSET 0
        ) q
        WHERE j.tenant = ANY (ARRAY[q.tenant]) AND j.id = q.id AND j.token = q.token
            AND j.state + 0 = 2
        RETURNING j.id, j.queue
    ), counted AS (
        -- As count_jobs_v1 does.
        INSERT INTO oms.job_count AS c (tenant, queue, slot, done, died)
        SELECT p_tenant, g.queue, (pg_backend_pid() % 32)::smallint, count(*), 0
        FROM gone g GROUP BY g.queue ORDER BY g.queue
        ON CONFLICT (tenant, queue, slot) DO UPDATE SET done = c.done + excluded.done
    )
    SELECT g.id FROM gone g;
END $$
