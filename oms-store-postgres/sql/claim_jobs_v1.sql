-- Gives due jobs to a worker: of each queue by priority, due time and id, one statement per queue.
-- The last row holds the time and when the next job is due; a queue whose demand was met counts as
-- due now.
--
-- Each priority is a range of one index, so jobs of a higher priority that wait for their time are
-- never walked over; a range is begun when the one before it is used up. SKIP LOCKED passes what
-- another worker is taking in this moment; rows are locked and updated by key in one statement, so
-- nobody else can have changed them in between. The look-up by key has the shape of extend_jobs_v1.
-- A running job whose lease is over is found like any other that is due; when it used up its
-- attempts it is made dead, counted, and shown as dead among the others, for whoever reads them to
-- leave out.
CREATE OR REPLACE FUNCTION oms.claim_jobs_v1(
    p_tenant text, p_now timestamptz, p_queue text[], p_jobs bigint[], p_lease_secs bigint,
    p_expired text, p_errors_max integer
)
RETURNS TABLE (
    at timestamptz, next_at timestamptz,
    id uuid, queue text, kind text, payload text, run_at timestamptz, priority smallint,
    state smallint, attempts smallint, max_attempts smallint, token bigint,
    planned_for timestamptz, pushed_at timestamptz, unique_key text, trace text, errors text
)
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = oms, pg_temp
SET random_page_cost = 0.1 SET enable_seqscan = off SET enable_hashjoin = off SET enable_mergejoin = off
SET enable_bitmapscan = off SET plan_cache_mode = force_generic_plan SET jit = off
AS $$
#variable_conflict use_column
DECLARE
    v_now timestamptz := coalesce(p_now, clock_timestamp());
    v_until timestamptz := v_now + p_lease_secs * interval '1 second';
    v_next timestamptz;
    v_due timestamptz;
    v_got bigint;
BEGIN
    FOR i IN 1..cardinality(p_queue) LOOP
        v_got := 0;
        IF p_jobs[i] > 0 THEN
            RETURN QUERY
            WITH due AS MATERIALIZED (
                SELECT p_tenant AS tenant, d.id, d.run_at
                FROM (VALUES (0), (1), (2), (3)) p(rank)
                CROSS JOIN LATERAL (
                    SELECT j.id, j.run_at FROM oms.job j
                    WHERE j.tenant = p_tenant AND j.queue = p_queue[i] AND j.priority = p.rank
                        AND j.state < 4 AND j.run_at <= v_now
                    ORDER BY j.run_at, j.id LIMIT p_jobs[i] FOR UPDATE SKIP LOCKED
                ) d
                LIMIT p_jobs[i]
            ), given AS (
                UPDATE oms.job j SET
                    state = CASE WHEN j.state = 2 AND j.attempts >= j.max_attempts
                        THEN 4 ELSE 2 END,
                    attempts = CASE WHEN j.state = 2 AND j.attempts >= j.max_attempts
                        THEN j.attempts ELSE j.attempts + 1 END,
                    token = CASE WHEN j.state = 2 AND j.attempts >= j.max_attempts
                        THEN j.token ELSE j.token + 1 END,
                    planned_for = coalesce(j.planned_for, j.run_at),
                    run_at = CASE WHEN j.state = 2 AND j.attempts >= j.max_attempts
                        THEN j.run_at ELSE v_until END,
                    errors = CASE WHEN j.state <> 2 THEN j.errors ELSE
                        CASE WHEN jsonb_array_length(j.errors) >= p_errors_max
                            THEN j.errors - 0 ELSE j.errors END
                        || jsonb_build_object('attempt', j.attempts, 'error', p_expired,
                            'at', (extract(epoch FROM v_now) * 1000000)::bigint) END
                FROM due WHERE j.tenant = ANY (ARRAY[due.tenant]) AND j.id = due.id
                RETURNING due.run_at AS was, j.*
            ), died AS (
                -- As count_jobs_v1 does, and only where there is something to count.
                INSERT INTO oms.job_count AS c (tenant, queue, slot, done, died)
                SELECT p_tenant, p_queue[i], (pg_backend_pid() % 32)::smallint, 0, count(*)
                FROM given WHERE given.state = 4 HAVING count(*) > 0
                ON CONFLICT (tenant, queue, slot) DO UPDATE SET died = c.died + excluded.died
            )
            SELECT NULL::timestamptz, NULL::timestamptz, g.id, g.queue, g.kind, g.payload, g.run_at,
                g.priority, g.state, g.attempts, g.max_attempts, g.token, g.planned_for,
                g.pushed_at, g.unique_key, g.trace, g.errors::text
            FROM given g ORDER BY g.priority, g.was, g.id;
            GET DIAGNOSTICS v_got = ROW_COUNT;
        END IF;
        IF v_got >= p_jobs[i] AND p_jobs[i] > 0 THEN
            v_next := least(v_next, v_now);
        ELSE
            SELECT min(d.run_at) INTO v_due FROM (VALUES (0), (1), (2), (3)) p(rank)
            CROSS JOIN LATERAL (
                SELECT j.run_at FROM oms.job j
                WHERE j.tenant = p_tenant AND j.queue = p_queue[i] AND j.priority = p.rank
                    AND j.state < 4
                ORDER BY j.run_at, j.id LIMIT 1
            ) d;
            v_next := least(v_next, v_due);
        END IF;
    END LOOP;
    RETURN QUERY SELECT v_now, v_next, NULL::uuid, NULL::text, NULL::text, NULL::text,
        NULL::timestamptz, NULL::smallint, NULL::smallint, NULL::smallint, NULL::smallint,
        NULL::bigint, NULL::timestamptz, NULL::timestamptz, NULL::text, NULL::text, NULL::text;
END $$
