-- Adds to the counts of finished jobs, queues in order. The slot is the session's, so workers meet
-- at a row only where more than 32 sessions finish jobs of one queue.
CREATE OR REPLACE FUNCTION oms.count_jobs_v1(
    p_tenant text, p_queue text[], p_done bigint[], p_died bigint[]
) RETURNS void
LANGUAGE sql SECURITY DEFINER SET search_path = oms, pg_temp
AS $$
    INSERT INTO oms.job_count AS c
    SELECT p_tenant, q.queue, (pg_backend_pid() % 32)::smallint, q.done, q.died
    FROM unnest(p_queue, p_done, p_died) q(queue, done, died)
    ORDER BY q.queue
    ON CONFLICT (tenant, queue, slot) DO UPDATE
        SET done = c.done + excluded.done, died = c.died + excluded.died
$$
