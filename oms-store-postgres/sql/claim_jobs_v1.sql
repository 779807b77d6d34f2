-- Gives due jobs to a worker: of each queue by priority, due time and id. The first row holds the
-- time and when the next job is due; a queue whose demand was met counts as due now.
--
-- Each priority is a range of one index, so jobs of a higher priority that wait for their time are
-- never walked over. SKIP LOCKED passes what another worker is taking in this moment; rows are
-- locked and updated by key in one statement, so nobody else can have changed them in between. A
-- running job whose lease is over is found like any other that is due; when it used up its attempts
-- it is made dead and not given.
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
    v_left bigint;
    v_died bigint;
    r record;
BEGIN
    FOR i IN 1..cardinality(p_queue) LOOP
        v_left := p_jobs[i];
        v_died := 0;
        FOR p IN 0..3 LOOP
            EXIT WHEN v_left <= 0;
            FOR r IN
                WITH due AS MATERIALIZED (
                    SELECT j.id, j.run_at FROM oms.job j
                    WHERE j.tenant = p_tenant AND j.queue = p_queue[i] AND j.priority = p
                        AND j.state < 4 AND j.run_at <= v_now
                    ORDER BY j.run_at, j.id LIMIT v_left FOR UPDATE SKIP LOCKED
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
                    FROM due WHERE j.tenant = p_tenant AND j.id = due.id
                    RETURNING due.run_at AS was, j.id, j.kind, j.payload, j.state, j.attempts,
                        j.max_attempts, j.token, j.planned_for, j.pushed_at, j.unique_key, j.trace,
                        j.errors
                )
                SELECT * FROM given ORDER BY given.was, given.id
            LOOP
                v_left := v_left - 1;
                IF r.state = 4 THEN
                    v_died := v_died + 1;
                    CONTINUE;
                END IF;
                id := r.id; queue := p_queue[i]; kind := r.kind; payload := r.payload;
                run_at := v_until; priority := p; state := r.state; attempts := r.attempts;
                max_attempts := r.max_attempts; token := r.token; planned_for := r.planned_for;
                pushed_at := r.pushed_at; unique_key := r.unique_key; trace := r.trace;
                errors := r.errors::text;
                RETURN NEXT;
            END LOOP;
        END LOOP;
        IF v_died > 0 THEN
            PERFORM oms.count_jobs_v1(p_tenant, ARRAY[p_queue[i]], ARRAY[0::bigint], ARRAY[v_died]);
        END IF;
        IF v_left <= 0 AND p_jobs[i] > 0 THEN
            v_next := least(v_next, v_now);
        ELSE
            FOR p IN 0..3 LOOP
                SELECT j.run_at INTO v_due FROM oms.job j
                WHERE j.tenant = p_tenant AND j.queue = p_queue[i] AND j.priority = p
                    AND j.state < 4
                ORDER BY j.run_at, j.id LIMIT 1;
                v_next := least(v_next, v_due);
            END LOOP;
        END IF;
    END LOOP;
    at := v_now; next_at := v_next; id := NULL;
    RETURN NEXT;
END $$
