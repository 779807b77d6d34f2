-- Deletes jobs in whatever state, and answers the ids of those that were there. Ids come sorted.
-- The look-up has the shape of extend_jobs_v1.
CREATE OR REPLACE FUNCTION oms.delete_jobs_v1(p_tenant text, p_id uuid[]) RETURNS TABLE (id uuid)
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = oms, pg_temp
SET random_page_cost = 0.1 SET enable_seqscan = off SET enable_hashjoin = off SET enable_mergejoin = off
SET enable_bitmapscan = off SET plan_cache_mode = force_generic_plan SET jit = off
AS $$
#variable_conflict use_column
BEGIN
    RETURN QUERY DELETE FROM oms.job j USING (
        SELECT p_tenant AS tenant, u.id FROM unnest(p_id) u(id) OFFSET 0
    ) q
    WHERE j.tenant = ANY (ARRAY[q.tenant]) AND j.id = q.id RETURNING j.id;
END $$
