-- Writes down failed attempts: the job is tried again after its pause, or is dead when the failure is
-- permanent or the attempts are used up. Answers id, state and due time of those whose lease counted.
--
-- Order of the rows as in extend_jobs_v1.
CREATE OR REPLACE FUNCTION oms.fail_jobs_v1(
    p_tenant text, p_now timestamptz, p_id uuid[], p_token bigint[], p_permanent boolean[],
    p_error text[], p_pause_micros bigint[], p_errors_max integer
) RETURNS TABLE (id uuid, state smallint, run_at timestamptz)
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = oms, pg_temp
SET random_page_cost = 0.1 SET enable_seqscan = off SET enable_hashjoin = off SET enable_mergejoin = off
SET enable_bitmapscan = off SET plan_cache_mode = force_generic_plan SET jit = off
AS $$
#variable_conflict use_column
DECLARE
    v_now timestamptz := coalesce(p_now, clock_timestamp());
    v_queue text[] := '{}';
    v_died bigint[];
    r record;
BEGIN
    FOR r IN
        UPDATE oms.job j SET
            state = CASE WHEN q.permanent OR j.attempts >= j.max_attempts THEN 4 ELSE 3 END,
            run_at = CASE WHEN q.permanent OR j.attempts >= j.max_attempts THEN j.run_at
                ELSE v_now + q.pause * interval '1 microsecond' END,
            errors = CASE WHEN jsonb_array_length(j.errors) >= p_errors_max
                    THEN j.errors - 0 ELSE j.errors END
                || jsonb_build_object('attempt', j.attempts, 'error', q.error,
                    'at', (extract(epoch FROM v_now) * 1000000)::bigint)
        FROM (
            SELECT p_tenant AS tenant, u.*
            FROM unnest(p_id, p_token, p_permanent, p_error, p_pause_micros)
                u(id, token, permanent, error, pause) OFFSET 0
        ) q
        WHERE j.tenant = ANY (ARRAY[q.tenant]) AND j.id = q.id AND j.token = q.token
            AND j.state + 0 = 2
        RETURNING j.id, j.queue, j.state, j.run_at
    LOOP
        IF r.state = 4 THEN
            v_queue := v_queue || r.queue;
        END IF;
        id := r.id; state := r.state; run_at := r.run_at;
        RETURN NEXT;
    END LOOP;
    IF cardinality(v_queue) > 0 THEN
        SELECT array_agg(q.queue), array_agg(q.died) INTO v_queue, v_died
        FROM (SELECT u AS queue, count(*) AS died FROM unnest(v_queue) u GROUP BY u) q;
        PERFORM oms.count_jobs_v1(p_tenant, v_queue, array_fill(0::bigint, ARRAY[cardinality(v_queue)]),
            v_died);
    END IF;
END $$
