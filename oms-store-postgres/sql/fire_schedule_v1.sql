-- Remembers the time of a schedule and says what to do: 1 the schedule was new, 2 this time was
-- taken by another or is over (and the last one that is remembered), 3 it is the caller's.
--
-- One that lies more than a day ahead of the clock (SCHEDULE_AHEAD_MAX_SECS) was noted while the
-- clock was wrong, and gives way to one that does not.
--
-- The row is locked by its own insert or update until the end of the transaction, in which the
-- caller's job is kept, so of all that ask for a time one goes on.
CREATE OR REPLACE FUNCTION oms.fire_schedule_v1(
    p_tenant text, p_now timestamptz, p_name text, p_at timestamptz,
    p_id uuid[], p_queue text[], p_kind text[], p_payload text[],
    p_run timestamptz[], p_delay_secs bigint[], p_priority smallint[], p_unique text[],
    p_attempts smallint[], p_trace text[]
)
RETURNS TABLE (fired smallint, last timestamptz, code smallint, holder uuid)
LANGUAGE plpgsql SECURITY DEFINER SET search_path = oms, pg_temp
AS $$
#variable_conflict use_column
DECLARE
    v_limit timestamptz := coalesce(p_now, clock_timestamp()) + interval '86400 seconds';
BEGIN
    INSERT INTO oms.job_schedule VALUES (p_tenant, p_name, p_at)
    ON CONFLICT (tenant, name) DO NOTHING;
    IF FOUND THEN
        fired := 1;
        RETURN NEXT;
        RETURN;
    END IF;
    UPDATE oms.job_schedule s SET last = p_at
    WHERE s.tenant = p_tenant AND s.name = p_name
        AND (s.last < p_at OR s.last > v_limit AND p_at <= v_limit);
    IF NOT FOUND THEN
        SELECT s.last INTO last FROM oms.job_schedule s
        WHERE s.tenant = p_tenant AND s.name = p_name;
        fired := 2;
        RETURN NEXT;
        RETURN;
    END IF;
    fired := 3;
    SELECT q.code, q.holder INTO code, holder
    FROM oms.push_jobs_v1(p_tenant, p_now, p_id, p_queue, p_kind, p_payload, p_run, p_delay_secs,
        p_priority, p_unique, p_attempts, p_trace) q;
    IF code = 3 THEN
        -- The job of the time before ended meanwhile. Nothing was kept, so the time must not be
        -- remembered: the caller asks again.
        RAISE serialization_failure USING MESSAGE = 'what was in the way is gone';
    END IF;
    RETURN NEXT;
END $$
