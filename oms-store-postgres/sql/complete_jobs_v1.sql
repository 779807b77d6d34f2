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
DECLARE
    v_queue text[];
    v_done bigint[];
    v_ids uuid[];
BEGIN
    WITH gone AS (
        DELETE FROM oms.job j USING unnest(p_id, p_token) q(id, token)
        WHERE j.tenant = p_tenant AND j.id = q.id AND j.token = q.token AND j.state + 0 = 2
        RETURNING j.id, j.queue
    ), counted AS (
        SELECT queue, array_agg(id) AS ids, count(*) AS done FROM gone GROUP BY queue
    )
    SELECT array_agg(queue), array_agg(done),
        ARRAY(SELECT unnest(c.ids) FROM counted c)
    INTO v_queue, v_done, v_ids FROM counted;
    IF v_queue IS NULL THEN
        RETURN;
    END IF;
    PERFORM oms.count_jobs_v1(p_tenant, v_queue, v_done, array_fill(0::bigint, ARRAY[cardinality(v_queue)]));
    RETURN QUERY SELECT unnest(v_ids);
END $$
