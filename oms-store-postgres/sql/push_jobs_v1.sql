-- Keeps jobs, one row each, and answers for those that are not kept: 1 the id is kept already,
-- 2 the unique key is taken (and by which job), 3 whatever was in the way is gone: push again.
--
-- Jobs without unique keys are expected to be new: they are inserted plainly, and only when an id
-- is there already is it done again in the way that looks first, which costs a third of it and one
-- more log record per row.
--
-- That is one insert for all: a conflict on either index drops the row. Only when rows were dropped
-- is it asked why. Rows are inserted by queue and key, so two pushes that wait for each other's keys
-- do so in one order; drafts with one key keep the order of the call, so the first is kept.
CREATE OR REPLACE FUNCTION oms.push_jobs_v1(
    p_tenant text, p_now timestamptz,
    p_id uuid[], p_queue text[], p_kind text[], p_payload text[],
    p_run timestamptz[], p_delay_secs bigint[], p_priority smallint[], p_unique text[],
    p_attempts smallint[], p_trace text[]
)
RETURNS TABLE (item bigint, code smallint, holder uuid)
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = oms, pg_temp
SET random_page_cost = 0.1 SET enable_seqscan = off SET enable_hashjoin = off SET enable_mergejoin = off
SET enable_bitmapscan = off SET plan_cache_mode = force_generic_plan SET jit = off
AS $$
#variable_conflict use_column
DECLARE
    v_now timestamptz := coalesce(p_now, clock_timestamp());
    -- Leases count from here: none of an earlier job with the same id is one of this.
    v_token bigint := extract(epoch FROM v_now) * 1000000;
    v_kept uuid[];
    r record;
BEGIN
    IF array_remove(p_unique, NULL) = '{}' THEN
        BEGIN
            INSERT INTO oms.job (tenant, id, queue, kind, payload, run_at, priority, max_attempts,
                trace, pushed_at, token)
            SELECT p_tenant, q.id, q.queue, q.kind, q.payload,
                coalesce(q.run, v_now + q.delay * interval '1 second'), q.priority, q.attempts,
                q.trace, v_now, v_token
            FROM unnest(p_id, p_queue, p_kind, p_payload, p_run, p_delay_secs, p_priority,
                p_attempts, p_trace)
                q(id, queue, kind, payload, run, delay, priority, attempts, trace);
            RETURN;
        EXCEPTION WHEN unique_violation THEN
            NULL;
        END;
    END IF;
    WITH kept AS (
        INSERT INTO oms.job AS j (tenant, id, queue, kind, payload, run_at, priority, unique_key,
            max_attempts, trace, pushed_at, token)
        SELECT p_tenant, q.id, q.queue, q.kind, q.payload,
            coalesce(q.run, v_now + q.delay * interval '1 second'), q.priority, q.key, q.attempts,
            q.trace, v_now, v_token
        FROM unnest(p_id, p_queue, p_kind, p_payload, p_run, p_delay_secs, p_priority, p_unique,
            p_attempts, p_trace) WITH ORDINALITY
            q(id, queue, kind, payload, run, delay, priority, key, attempts, trace, i)
        ORDER BY q.queue, q.key, q.i
        ON CONFLICT DO NOTHING
        RETURNING j.id
    )
    SELECT array_agg(id) INTO v_kept FROM kept;
    IF cardinality(v_kept) = cardinality(p_id) THEN
        RETURN;
    END IF;
    FOR r IN
        SELECT q.id, q.queue, q.key, q.i
        FROM unnest(p_id, p_queue, p_unique) WITH ORDINALITY q(id, queue, key, i)
        WHERE v_kept IS NULL OR q.id <> ALL (v_kept)
        ORDER BY q.i
    LOOP
        item := r.i; code := 3; holder := NULL;
        IF EXISTS (SELECT FROM oms.job j WHERE j.tenant = p_tenant AND j.id = r.id) THEN
            code := 1;
        ELSIF r.key IS NOT NULL THEN
            SELECT j.id INTO holder FROM oms.job j WHERE j.tenant = p_tenant
                AND j.queue = r.queue AND j.unique_key = r.key AND j.state < 4;
            code := CASE WHEN FOUND THEN 2 ELSE 3 END;
        END IF;
        RETURN NEXT;
    END LOOP;
END $$
