-- How the queues of a tenant stand. Counts every job of the tenant: its cost grows with them.
CREATE OR REPLACE FUNCTION oms.queue_stats_v1(p_tenant text, p_now timestamptz)
RETURNS TABLE (
    at timestamptz, queue text, ready bigint, scheduled bigint, running bigint, retrying bigint,
    dead bigint, oldest timestamptz, done bigint, died bigint
)
LANGUAGE sql SECURITY DEFINER SET search_path = oms, pg_temp
AS $$
    WITH t AS (SELECT coalesce(p_now, clock_timestamp()) AS now), live AS (
        SELECT j.queue,
            count(*) FILTER (WHERE j.state = 1 AND j.run_at <= t.now) AS ready,
            count(*) FILTER (WHERE j.state = 1 AND j.run_at > t.now) AS scheduled,
            count(*) FILTER (WHERE j.state = 2) AS running,
            count(*) FILTER (WHERE j.state = 3) AS retrying,
            count(*) FILTER (WHERE j.state = 4) AS dead,
            min(j.run_at) FILTER (WHERE j.state IN (1, 3) AND j.run_at <= t.now) AS oldest
        FROM oms.job j, t WHERE j.tenant = p_tenant GROUP BY j.queue
    ), ended AS (
        SELECT c.queue, sum(c.done)::bigint AS done, sum(c.died)::bigint AS died
        FROM oms.job_count c WHERE c.tenant = p_tenant GROUP BY c.queue
    ), both_ AS (
        SELECT coalesce(l.queue, e.queue) AS queue, coalesce(l.ready, 0) AS ready,
            coalesce(l.scheduled, 0) AS scheduled, coalesce(l.running, 0) AS running,
            coalesce(l.retrying, 0) AS retrying, coalesce(l.dead, 0) AS dead, l.oldest,
            coalesce(e.done, 0) AS done, coalesce(e.died, 0) AS died
        FROM live l FULL JOIN ended e ON e.queue = l.queue
    )
    SELECT t.now, b.* FROM t LEFT JOIN both_ b ON true
$$
