-- Lets dead jobs be tried again from the start. Answers per job: 1 ready, 2 not dead or not there,
-- 3 its unique key is taken (and by which job).
--
-- One job at a time, each with a savepoint of its own: only the unique index knows whether the key
-- is free, and one that is taken must not undo the others. People redrive; workers do not.
CREATE OR REPLACE FUNCTION oms.redrive_jobs_v1(p_tenant text, p_now timestamptz, p_id uuid[])
RETURNS TABLE (item integer, code smallint, holder uuid)
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = oms, pg_temp
SET random_page_cost = 0.1 SET enable_seqscan = off SET enable_hashjoin = off SET enable_mergejoin = off
SET enable_bitmapscan = off SET plan_cache_mode = force_generic_plan SET jit = off
AS $$
#variable_conflict use_column
DECLARE
    v_now timestamptz := coalesce(p_now, clock_timestamp());
BEGIN
    FOR i IN 1..cardinality(p_id) LOOP
        item := i; holder := NULL;
        BEGIN
            UPDATE oms.job j SET state = 1, attempts = 0, run_at = v_now
            WHERE j.tenant = p_tenant AND j.id = p_id[i] AND j.state + 0 = 4;
            code := CASE WHEN FOUND THEN 1 ELSE 2 END;
        EXCEPTION WHEN unique_violation THEN
            code := 3;
            SELECT h.id INTO holder FROM oms.job d JOIN oms.job h ON h.tenant = d.tenant
                AND h.queue = d.queue AND h.unique_key = d.unique_key AND h.state < 4
            WHERE d.tenant = p_tenant AND d.id = p_id[i];
            -- Who had the key ended in between, so it may be free: the caller does all of it again.
            IF holder IS NULL THEN
                RAISE;
            END IF;
        END;
        RETURN NEXT;
    END LOOP;
END $$
