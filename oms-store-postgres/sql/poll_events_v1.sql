-- The events after a subscriber's place, about as many rows as asked, in order per stream; a row is
-- what a command said in a stream. The first one holds the step to acknowledge; none at all says that
-- there is no such subscriber.
--
-- The place is a snapshot S. What is not visible in S and visible now is new: transactions from the
-- end of S on, a range of the index, and those that were open in S and have ended since, a few
-- probes. So a transaction that stays open costs one probe and delays nothing, and one that commits
-- late is found when it has. LATERAL with OFFSET 0 cannot be flattened, so they stay probes whatever
-- the planner knows. STABLE: every statement in here sees what `c_now` says.
--
-- Where not all fits, the page is cut between transactions. Numbers of transactions do not rise with
-- the order of commits, so an event may have a lower number than the one before it in its stream. A
-- transaction with an event whose predecessor is not on the page is held back, with all that hangs
-- on it; the new place names it as open, so it comes with a later page. The order on the page
-- is that of the highest number up to each event in its stream.
CREATE OR REPLACE FUNCTION oms.poll_events_v1(p_tenant text, p_name text, p_limit bigint)
RETURNS TABLE (
    from_place text, to_place text, more boolean,
    stream_kind text, stream_id text, seq bigint,
    actor_kind text, actor_id text, reason text, request_id text, command_key text,
    at timestamptz, body text
)
LANGUAGE plpgsql STABLE SECURITY DEFINER
SET search_path = oms, pg_temp
SET random_page_cost = 0.1 SET enable_seqscan = off SET enable_hashjoin = off SET enable_mergejoin = off
SET enable_bitmapscan = off SET plan_cache_mode = force_generic_plan SET jit = off
AS $$
#variable_conflict use_column
DECLARE
    c_now constant pg_snapshot := pg_current_snapshot();
    c_all constant xid8 := '18446744073709551615';
    v_place text;
    v_seen pg_snapshot;
    v_begin xid8;
    v_late xid8[];
    v_limit bigint := p_limit;
    v_last xid8;
    v_held xid8[];
    v_hangs xid8[];
BEGIN
    SELECT s.place INTO v_place FROM oms.subscription s
    WHERE s.tenant = p_tenant AND s.name = p_name;
    IF NOT FOUND THEN
        RETURN;
    END IF;
    v_seen := CASE left(v_place, 1) WHEN '[' THEN v_place::json->>0 ELSE v_place END;
    v_begin := pg_snapshot_xmax(v_seen);
    v_late := ARRAY(SELECT pg_snapshot_xip(v_seen));
    LOOP
        v_held := '{}';
        SELECT e.xid INTO v_last FROM oms.event e
        WHERE e.tenant COLLATE "POSIX" = p_tenant AND e.xid >= v_begin
        ORDER BY e.xid OFFSET v_limit - 1 LIMIT 1;
        IF NOT FOUND OR NOT EXISTS (
            SELECT FROM oms.event e WHERE e.tenant COLLATE "POSIX" = p_tenant AND e.xid > v_last
        ) THEN
            v_last := NULL;
            EXIT;
        END IF;
        LOOP
            SELECT array_agg(DISTINCT e.xid) INTO v_hangs
            FROM (
                SELECT x.xid, x.stream_kind, x.stream_id, x.seq FROM oms.event x
                WHERE x.tenant COLLATE "POSIX" = p_tenant AND x.xid >= v_begin AND x.xid <= v_last
                UNION ALL
                SELECT x.xid, x.stream_kind, x.stream_id, x.seq
                FROM unnest(v_late) l
                CROSS JOIN LATERAL (
                    SELECT * FROM oms.event y
                    WHERE y.tenant COLLATE "POSIX" = p_tenant AND y.xid = l OFFSET 0
                ) x
            ) e
            CROSS JOIN LATERAL (
                SELECT b.xid FROM oms.event b
                WHERE b.tenant = p_tenant AND b.stream_kind = e.stream_kind
                    AND b.stream_id = e.stream_id AND b.seq < e.seq
                ORDER BY b.tenant DESC, b.stream_kind DESC, b.stream_id DESC, b.seq DESC LIMIT 1
            ) before
            WHERE e.xid <> ALL (v_held) AND (before.xid > v_last OR before.xid = ANY (v_held));
            EXIT WHEN v_hangs IS NULL;
            v_held := v_held || v_hangs;
        END LOOP;
        -- A page of nothing would never end; a longer one holds what the others hang on.
        EXIT WHEN EXISTS (
            SELECT FROM oms.event x WHERE x.tenant COLLATE "POSIX" = p_tenant
                AND x.xid >= v_begin AND x.xid <= v_last AND x.xid <> ALL (v_held)
        );
        v_limit := v_limit * 4;
    END LOOP;
    from_place := v_place;
    to_place := CASE WHEN v_last IS NULL THEN c_now::text ELSE oms.feed_place_v1(
        v_last::text::numeric + 1, ARRAY(SELECT pg_snapshot_xip(c_now)) || v_held) END;
    more := v_last IS NOT NULL;
    RETURN NEXT;
    from_place := NULL; to_place := NULL; more := NULL;
    RETURN QUERY
    SELECT NULL::text, NULL::text, NULL::boolean, e.stream_kind, e.stream_id, e.seq,
        e.actor_kind, e.actor_id, e.reason, e.request_id, e.command_key, e.at, e.body::text
    FROM (
        SELECT x.* FROM oms.event x WHERE x.tenant COLLATE "POSIX" = p_tenant
            AND x.xid >= v_begin AND x.xid <= coalesce(v_last, c_all) AND x.xid <> ALL (v_held)
        UNION ALL
        SELECT x.* FROM unnest(v_late) l
        CROSS JOIN LATERAL (
            SELECT * FROM oms.event y
            WHERE y.tenant COLLATE "POSIX" = p_tenant AND y.xid = l OFFSET 0
        ) x
        WHERE l <> ALL (v_held)
    ) e
    ORDER BY max(e.xid::text::numeric) OVER (
        PARTITION BY e.stream_kind, e.stream_id ORDER BY e.seq
    ), e.stream_kind, e.stream_id, e.seq;
END $$
