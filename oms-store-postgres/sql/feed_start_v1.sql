-- Where a subscriber begins: 1 before everything, 2 with what commits from now on, 3 with what was
-- decided at a time or later.
--
-- For the last, everything before the first transaction with such an event counts as dealt with,
-- but for transactions that are open now: what they commit is still to come. The index is walked
-- from its beginning; people rewind, workers do not. Stock rows do not say when they changed, and
-- not every change of one is an event, so a subscriber of stock gets all of them again: it is in
-- the midst of rows (see oms.subscription) before the first one, with a fifth part that says from where.
CREATE OR REPLACE FUNCTION oms.feed_start_v1(p_tenant text, p_start smallint, p_at timestamptz)
RETURNS text
LANGUAGE plpgsql STABLE SECURITY DEFINER
SET search_path = oms, pg_temp
SET random_page_cost = 0.1 SET enable_seqscan = off SET enable_hashjoin = off SET enable_mergejoin = off
SET enable_bitmapscan = off SET plan_cache_mode = force_generic_plan SET jit = off
AS $$
DECLARE
    c_now constant pg_snapshot := pg_current_snapshot();
    v_first xid8;
BEGIN
    IF p_start = 1 THEN
        RETURN '3:3:';
    END IF;
    IF p_start = 2 THEN
        RETURN c_now::text;
    END IF;
    SELECT e.xid INTO v_first FROM oms.event e
    WHERE e.tenant COLLATE "POSIX" = p_tenant AND e.at >= p_at ORDER BY e.xid LIMIT 1;
    RETURN json_build_array(
        CASE WHEN v_first IS NULL THEN c_now::text ELSE oms.feed_place_v1(
            v_first::text::numeric, ARRAY(SELECT pg_snapshot_xip(c_now))) END,
        c_now::text, '', '', '3:3:')::text;
END $$
