-- Commits change sets that all hold, of one tenant or of several, and answers when; where anything
-- speaks against one of them it raises an error, nothing is done, and the caller asks again: for
-- fewer tenants, and commit_v1 for one, which decides item by item. One call is one transaction and
-- one round trip, so tenants with little to do share what a transaction costs: most of all the wait
-- until its log is on disk.
--
-- Nearly every batch holds as a whole, and deciding item by item costs several times as much. The
-- shape is what the interpreter and the executor charge for:
--   * Few arguments: each costs look-ups. All texts come in one array, all numbers in another, and
--     so on; an element is found at once, because the interpreter unpacks its arguments.
--   * Few expressions: each is set up anew in every transaction. No loop, no variable to spare.
--   * Few statements: what a placement makes is made by one, with a part per table.
--   * No function in FROM that makes rows: its rows would be stored first. A select list makes them
--     as they are needed, and such a subquery cannot be flattened: where the tenant comes from it,
--     no index is entered by the tenant alone. Updates say that it is ANY of one, as in
--     extend_jobs_v1: so the arrays drive them also where a table had no rows, or a few, when it
--     was last analysed, and rows are locked in the order of the arrays, not of an index.
--   * The tenant is the first text of every row, as a look-up of the tenant of an item would cost
--     more than the bytes.
--
-- The caller sends what commit_v1 would decide in the same way whatever the order of the guards: no
-- key, name, document or reservation twice, orders and what belongs to them, no settings of stock
-- rows, events with their places. A stock row carries what the items together ask of it in their
-- order. What is to be made is taken for absent; a twin is a unique violation.
--
-- Locks of what is there in the order of commit_v1: the catalogue (shared), streams without a
-- place, customers (shared), orders, fulfillments, reservations, counters, stock, each set by tenant
-- and key, which a nested loop over sorted arrays keeps. What is made is made before counters and
-- stock, and only jobs after them, so busy rows are held as shortly as can be: reservations,
-- explanations, fulfillments, orders, names (one statement runs its parts from the last to the
-- first), contacts, payloads, movements, commands by key, events. A twin waits for whoever made it
-- first. Two calls of this function do all of it in one order; commit_v1, which makes things while
-- it holds counters and stock, gives way (see there).
--
-- p_at has nine numbers per group of rows: how many, then where the first and the last row begin in
-- the texts, the numbers, the ids and the times: of group g the count is p_at[g + 1], the texts
-- p_at[g + 2] and p_at[g + 3], and so on. A row is one column after another, its tenant before all
-- other texts:
--
--   0 items             texts    key receipt actor actor_id reason request; times planned
--   9 required          texts    id; numbers kind (2 channel, 3 hub, 4 product)
--  18 customers         ids      customer
--  27 names             texts    a b c holder_t1 holder_t2; numbers kind holder_kind holder_n;
--                       ids      holder
--  36 heads made        texts    status channel body; numbers expected version number schema;
--                       ids      order customer; times placed since promised
--  45 heads changed     the same; where the body is null the old one stays
--  54 fulfillments made texts    body; numbers number expected version schema; ids order
--  63 ... changed       the same; where the body is null the old one stays
--  72 contacts          texts    body; numbers version schema personal; ids id customer order
--  81 payloads          the same
--  90 explanations      texts    body; numbers order_version version schema; ids order
--  99 claims made       texts    owner_name hub sku; numbers owner_kind line tentative confirmed;
--                       ids      owner; times end
-- 108 claims changed    texts    owner_name hub sku; numbers owner_kind line, then the changes of
--                                tentative confirmed consumed released, then 1 if only before the
--                                end; ids owner
-- 117 movements         texts    hub sku kind reason; numbers item delta; ids movement order
-- 126 streams           texts    kind id; numbers the place that must be there
-- 135 events of an item in a stream    texts    kind id body; numbers item place length
-- 144 stock             texts    hub sku; numbers items on_hand reserved, the least that each of
--                                the two comes to, the most of both, and the most by which reserved
--                                exceeds on hand after an item that claims, and that spares claims
-- 153 counters          texts    a b; numbers kind, the change, the least it comes to on the way, the
--                                most, the most by which it exceeds a limit when nothing is taken
-- 162 jobs              texts    queue kind payload key trace; numbers priority attempts; ids id;
--                       times    run
-- 171 events of an item in a stream that name no place    texts    kind id body; numbers item,
--                                which of those of the stream is the first, length
-- 180 catalogues        numbers  the version that the items were planned on, -1 where any will do;
--                                of each tenant that was planned on one or requires something of it
--
-- p_bytes are the fingerprints of the items; p_first and p_last when they were planned; p_wait says
-- how long it may wait for a lock, where tenants share the call or the answer.
CREATE OR REPLACE FUNCTION oms.commit_whole_v1(
    p_wait text, p_now timestamptz, p_first timestamptz, p_last timestamptz,
    p_at integer[], p_text text[], p_number bigint[], p_id uuid[], p_time timestamptz[],
    p_bytes bytea[]
)
RETURNS timestamptz
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = oms, pg_temp
SET random_page_cost = 0.1 SET enable_seqscan = off SET enable_hashjoin = off
SET enable_mergejoin = off SET plan_cache_mode = force_generic_plan SET jit = off
AS $$
#variable_conflict use_column
DECLARE
    v_now timestamptz := coalesce(p_now, clock_timestamp());
    v_rows integer;
BEGIN
    IF p_first < v_now - interval '5 s' OR p_last > v_now + interval '5 s' THEN
        RAISE 'planned by another clock' USING ERRCODE = 'OM001';
    END IF;
    IF p_wait IS NOT NULL THEN
        -- What is in the way of one tenant keeps the others for no longer. Assigned, as PERFORM
        -- would be one more statement.
        v_rows := length(set_config('lock_timeout', p_wait, true));
    END IF;
    -- 1. What must be active.
    -- Group 180: t tenant; n the version of its catalogue, -1 where any will do.
    IF p_at[181] > 0 THEN
        PERFORM pg_advisory_xact_lock_shared(1869443440, hashtext(p_text[t]))
        FROM (SELECT generate_series(p_at[182], p_at[183], 1) AS t) q;
        SELECT count(*) INTO v_rows
        FROM (
            SELECT generate_series(p_at[182], p_at[183], 1) AS t,
                generate_series(p_at[184], p_at[185], 1) AS n
        ) q
        WHERE p_number[n] NOT IN (-1, coalesce(
            (SELECT x.version FROM oms.catalogue x WHERE x.tenant = p_text[t]), 0));
        IF v_rows > 0 THEN
            RAISE 'a catalogue changed' USING ERRCODE = 'OM001';
        END IF;
    END IF;
    -- Group 171: t tenant, t+1 kind, t+2 id, t+3 body.
    IF p_at[172] > 0 THEN
        -- Nothing else orders appends to streams that no document stands for.
        PERFORM pg_advisory_xact_lock(1869443438, s.h) FROM (
            SELECT DISTINCT hashtext(
                p_text[t] || E'\x1f' || p_text[t + 1] || '/' || p_text[t + 2]) AS h
            FROM (SELECT generate_series(p_at[173], p_at[174], 4) AS t) q ORDER BY 1
        ) s;
    END IF;
    -- Group 9: t tenant, t+1 id; n kind.
    IF p_at[10] > 0 THEN
        SELECT count(*) INTO v_rows
        FROM (
            SELECT generate_series(p_at[11], p_at[12], 2) AS t,
                generate_series(p_at[13], p_at[14], 1) AS n
        ) q
        CROSS JOIN LATERAL (
            SELECT x.active FROM oms.channel x
            WHERE p_number[q.n] = 2 AND x.tenant = p_text[q.t] AND x.id = p_text[q.t + 1]
            UNION ALL
            SELECT x.active FROM oms.hub x
            WHERE p_number[q.n] = 3 AND x.tenant = p_text[q.t] AND x.id = p_text[q.t + 1]
            UNION ALL
            SELECT x.active FROM oms.product x
            WHERE p_number[q.n] = 4 AND x.tenant = p_text[q.t] AND x.sku = p_text[q.t + 1]
            LIMIT 1
        ) x
        WHERE x.active;
        IF v_rows <> p_at[10] THEN
            RAISE 'something is not active' USING ERRCODE = 'OM001';
        END IF;
    END IF;
    -- Group 18: t tenant; u customer.
    IF p_at[19] > 0 THEN
        SELECT count(*) INTO v_rows
        FROM (
            SELECT generate_series(p_at[20], p_at[21], 1) AS t,
                generate_series(p_at[24], p_at[25], 1) AS u
        ) q
        CROSS JOIN LATERAL (
            SELECT x.active FROM oms.customer x
            WHERE x.tenant = p_text[q.t] AND x.id = p_id[q.u]
            FOR SHARE
        ) x
        WHERE x.active;
        IF v_rows <> p_at[19] THEN
            RAISE 'a customer is not active' USING ERRCODE = 'OM001';
        END IF;
    END IF;
    -- 2. What changes.
    -- Group 45: t tenant, t+1 status, t+2 channel, t+3 body; n expected, n+1 version,
    -- n+2 number, n+3 schema; u order, u+1 customer; m placed, m+1 since, m+2 promised.
    IF p_at[46] > 0 THEN
        UPDATE oms.order_head x
        SET version = p_number[n + 1], number = p_number[n + 2], status = p_text[t + 1],
            placed_at = p_time[m], state_since = p_time[m + 1], promised_by = p_time[m + 2],
            channel = p_text[t + 2], customer = p_id[u + 1],
            schema = CASE WHEN p_text[t + 3] IS NULL THEN x.schema ELSE p_number[n + 3] END,
            body = CASE WHEN p_text[t + 3] IS NULL THEN x.body ELSE p_text[t + 3]::json END
        FROM (
            SELECT generate_series(p_at[47], p_at[48], 4) AS t,
                generate_series(p_at[49], p_at[50], 4) AS n,
                generate_series(p_at[51], p_at[52], 2) AS u,
                generate_series(p_at[53], p_at[54], 3) AS m
        ) q
        WHERE x.tenant = ANY (ARRAY[p_text[t]]) AND x.id = p_id[u] AND x.version = p_number[n];
        GET DIAGNOSTICS v_rows = ROW_COUNT;
        IF v_rows <> p_at[46] THEN
            RAISE 'an order changed' USING ERRCODE = 'OM001';
        END IF;
    END IF;
    -- Group 63: t tenant, t+1 body; n number, n+1 expected, n+2 version, n+3 schema; u order.
    IF p_at[64] > 0 THEN
        UPDATE oms.fulfillment x
        SET version = p_number[n + 2],
            schema = CASE WHEN p_text[t + 1] IS NULL THEN x.schema ELSE p_number[n + 3] END,
            body = CASE WHEN p_text[t + 1] IS NULL THEN x.body ELSE p_text[t + 1]::json END
        FROM (
            SELECT generate_series(p_at[65], p_at[66], 2) AS t,
                generate_series(p_at[67], p_at[68], 4) AS n,
                generate_series(p_at[69], p_at[70], 1) AS u
        ) q
        WHERE x.tenant = ANY (ARRAY[p_text[t]]) AND x.order_id = p_id[u] AND x.number = p_number[n]
        AND x.version = p_number[n + 1];
        GET DIAGNOSTICS v_rows = ROW_COUNT;
        IF v_rows <> p_at[64] THEN
            RAISE 'a fulfillment changed' USING ERRCODE = 'OM001';
        END IF;
    END IF;
    -- Group 108: t tenant, t+1 owner_name, t+2 hub, t+3 sku; n owner_kind, n+1 line, and the
    -- changes n+2 of tentative, n+3 confirmed, n+4 consumed, n+5 released, n+6 only before the
    -- end; u owner.
    IF p_at[109] > 0 THEN
        UPDATE oms.reservation x
        SET tentative = x.tentative + p_number[n + 2], confirmed = x.confirmed + p_number[n + 3],
            consumed = x.consumed + p_number[n + 4], released = x.released + p_number[n + 5],
            expires_at = CASE WHEN x.tentative + p_number[n + 2] > 0 THEN x.expires_at END,
            version = x.version + 1
        FROM (
            SELECT generate_series(p_at[110], p_at[111], 4) AS t,
                generate_series(p_at[112], p_at[113], 7) AS n,
                generate_series(p_at[114], p_at[115], 1) AS u
        ) q
        WHERE x.tenant = ANY (ARRAY[p_text[t]]) AND x.owner_kind = p_number[n]
        AND x.owner_id = p_id[u] AND x.owner_name = p_text[t + 1] AND x.line = p_number[n + 1]
        AND x.hub = p_text[t + 2] AND x.sku = p_text[t + 3]
        AND x.tentative + p_number[n + 2] >= 0 AND x.confirmed + p_number[n + 3] >= 0
        AND greatest(x.confirmed + p_number[n + 3], x.consumed + p_number[n + 4],
            x.released + p_number[n + 5]) <= 2000000000
        AND (p_number[n + 2] + p_number[n + 3] <= 0
            OR x.tentative + x.confirmed + p_number[n + 2] + p_number[n + 3] <= 1000000)
        AND (p_number[n + 6] = 0 OR x.expires_at > v_now);
        GET DIAGNOSTICS v_rows = ROW_COUNT;
        IF v_rows <> p_at[109] THEN
            RAISE 'a reservation refuses' USING ERRCODE = 'OM001';
        END IF;
    END IF;
    -- 3. What is made.
    IF p_at[28] + p_at[37] + p_at[55] + p_at[91] + p_at[100] > 0 THEN
        -- Group 27: t tenant, t+1 a, t+2 b, t+3 c, t+4 holder_t1, t+5 holder_t2; n kind,
        -- n+1 holder_kind, n+2 holder_n; u holder.
        WITH name AS (
            INSERT INTO oms.unique_name
            SELECT p_text[t], p_number[n], p_text[t + 1], p_text[t + 2], p_text[t + 3],
                p_number[n + 1], p_text[t + 4], p_text[t + 5], p_id[u], p_number[n + 2]
            FROM (
                SELECT generate_series(p_at[29], p_at[30], 6) AS t,
                    generate_series(p_at[31], p_at[32], 3) AS n,
                    generate_series(p_at[33], p_at[34], 1) AS u
            ) q
        -- Group 36: the columns of group 45.
        ), head AS (
            INSERT INTO oms.order_head
            SELECT p_text[t], p_id[u], p_number[n + 1], p_number[n + 2], p_number[n + 3],
                p_text[t + 1], p_time[m], p_time[m + 1], p_time[m + 2], p_text[t + 2], p_id[u + 1],
                p_text[t + 3]::json
            FROM (
                SELECT generate_series(p_at[38], p_at[39], 4) AS t,
                    generate_series(p_at[40], p_at[41], 4) AS n,
                    generate_series(p_at[42], p_at[43], 2) AS u,
                    generate_series(p_at[44], p_at[45], 3) AS m
            ) q
        -- Group 54: the columns of group 63.
        ), fulfillment AS (
            INSERT INTO oms.fulfillment
            SELECT p_text[t], p_id[u], p_number[n], p_number[n + 2], p_number[n + 3],
                p_text[t + 1]::json
            FROM (
                SELECT generate_series(p_at[56], p_at[57], 2) AS t,
                    generate_series(p_at[58], p_at[59], 4) AS n,
                    generate_series(p_at[60], p_at[61], 1) AS u
            ) q
        -- Group 90: t tenant, t+1 body; n order_version, n+1 version, n+2 schema; u order.
        ), explanation AS (
            INSERT INTO oms.explanation
            SELECT p_text[t], p_id[u], p_number[n], p_number[n + 1], p_number[n + 2],
                p_text[t + 1]::json
            FROM (
                SELECT generate_series(p_at[92], p_at[93], 2) AS t,
                    generate_series(p_at[94], p_at[95], 3) AS n,
                    generate_series(p_at[96], p_at[97], 1) AS u
            ) q
        )
        -- Group 99: t tenant, t+1 owner_name, t+2 hub, t+3 sku; n owner_kind, n+1 line,
        -- n+2 tentative, n+3 confirmed; u owner; m end.
        INSERT INTO oms.reservation
        SELECT p_text[t], p_number[n], p_id[u], p_text[t + 1], p_number[n + 1], p_text[t + 2],
            p_text[t + 3], p_number[n + 2], p_number[n + 3], 0, 0, 0, 0, p_time[m], 1
        FROM (
            SELECT generate_series(p_at[101], p_at[102], 4) AS t,
                generate_series(p_at[103], p_at[104], 4) AS n,
                generate_series(p_at[105], p_at[106], 1) AS u,
                generate_series(p_at[107], p_at[108], 1) AS m
        ) q;
    END IF;
    -- Group 72: t tenant, t+1 body; n version, n+1 schema, n+2 personal; u id,
    -- u+1 customer, u+2 order.
    IF p_at[73] > 0 THEN
        INSERT INTO oms.contact (tenant, id, version, schema, personal, customer, order_id, body)
        SELECT p_text[t], p_id[u], p_number[n], p_number[n + 1], p_number[n + 2] = 1, p_id[u + 1],
            p_id[u + 2], p_text[t + 1]::json
        FROM (
            SELECT generate_series(p_at[74], p_at[75], 2) AS t,
                generate_series(p_at[76], p_at[77], 3) AS n,
                generate_series(p_at[78], p_at[79], 3) AS u
        ) q;
    END IF;
    -- Group 81: the columns of group 72.
    IF p_at[82] > 0 THEN
        INSERT INTO oms.payload (tenant, id, version, schema, personal, customer, order_id, body)
        SELECT p_text[t], p_id[u], p_number[n], p_number[n + 1], p_number[n + 2] = 1, p_id[u + 1],
            p_id[u + 2], p_text[t + 1]::json
        FROM (
            SELECT generate_series(p_at[83], p_at[84], 2) AS t,
                generate_series(p_at[85], p_at[86], 3) AS n,
                generate_series(p_at[87], p_at[88], 3) AS u
        ) q;
    END IF;
    -- 4. What is appended. The texts of item i end at 7 * i: -6 tenant, -5 key, -4 receipt,
    -- -3 actor, -2 actor_id, -1 reason, 0 request. When it was planned is the i-th of the times.
    -- Group 117: t tenant, t+1 hub, t+2 sku, t+3 kind, t+4 reason; n item, n+1 delta; u movement,
    -- u+1 order.
    IF p_at[118] > 0 THEN
        INSERT INTO oms.movement
        SELECT p_text[t], p_id[u], p_time[p_number[n]], p_text[t + 1], p_text[t + 2],
            p_text[t + 3], p_number[n + 1], p_id[u + 1], p_text[t + 4], p_text[7 * p_number[n] - 3],
            p_text[7 * p_number[n] - 2], p_text[7 * p_number[n] - 1], p_text[7 * p_number[n]],
            p_text[7 * p_number[n] - 5]
        FROM (
            SELECT generate_series(p_at[119], p_at[120], 5) AS t,
                generate_series(p_at[121], p_at[122], 2) AS n,
                generate_series(p_at[123], p_at[124], 2) AS u
        ) q;
    END IF;
    -- Group 126: t tenant, t+1 kind, t+2 id; n the place that must be there.
    IF p_at[127] > 0 THEN
        SELECT count(*) INTO v_rows
        FROM (
            SELECT generate_series(p_at[128], p_at[129], 3) AS t,
                generate_series(p_at[130], p_at[131], 1) AS n
        ) q
        CROSS JOIN LATERAL (
            SELECT x.seq + x.length AS next FROM oms.event x
            WHERE x.tenant = p_text[q.t] AND x.stream_kind = p_text[q.t + 1]
            AND x.stream_id = p_text[q.t + 2] AND x.seq <= p_number[q.n]
            ORDER BY x.tenant DESC, x.stream_kind DESC, x.stream_id DESC, x.seq DESC LIMIT 1
        ) x
        WHERE x.next = p_number[q.n] + 1;
        IF v_rows <> p_at[127] THEN
            RAISE 'an event is out of place' USING ERRCODE = 'OM001';
        END IF;
    END IF;
    -- Group 135: t tenant, t+1 kind, t+2 id, t+3 body; n item, n+1 place, n+2 length.
    -- Group 0: the items.
    WITH event AS (
        INSERT INTO oms.event (tenant, stream_kind, stream_id, seq, length, actor_kind, actor_id,
            reason, request_id, command_key, at, body)
        SELECT p_text[t], p_text[t + 1], p_text[t + 2], p_number[n + 1], p_number[n + 2],
            p_text[7 * p_number[n] - 3], p_text[7 * p_number[n] - 2], p_text[7 * p_number[n] - 1],
            p_text[7 * p_number[n]], p_text[7 * p_number[n] - 5], p_time[p_number[n]],
            p_text[t + 3]::json
        FROM (
            SELECT generate_series(p_at[137], p_at[138], 4) AS t,
                generate_series(p_at[139], p_at[140], 3) AS n
        ) q
    )
    INSERT INTO oms.command
    SELECT p_text[7 * k - 6], p_text[7 * k - 5], p_bytes[k], p_text[7 * k - 4], v_now
    FROM (SELECT generate_series(1, p_at[1]) AS k) q
    ORDER BY p_text[7 * k - 6] COLLATE "C", p_text[7 * k - 5] COLLATE "C";
    -- Group 171: t tenant, t+1 kind, t+2 id, t+3 body; n item, n+1 which of the stream
    -- is first, n+2 length.
    IF p_at[172] > 0 THEN
        INSERT INTO oms.event (tenant, stream_kind, stream_id, seq, length, actor_kind, actor_id,
            reason, request_id, command_key, at, body)
        SELECT p_text[t], p_text[t + 1], p_text[t + 2], p_number[n + 1] + coalesce((
                SELECT x.seq + x.length - 1 FROM oms.event x
                WHERE x.tenant = p_text[t] AND x.stream_kind = p_text[t + 1]
                AND x.stream_id = p_text[t + 2]
                ORDER BY x.tenant DESC, x.stream_kind DESC, x.stream_id DESC, x.seq DESC LIMIT 1
            ), 0), p_number[n + 2],
            p_text[7 * p_number[n] - 3], p_text[7 * p_number[n] - 2], p_text[7 * p_number[n] - 1],
            p_text[7 * p_number[n]], p_text[7 * p_number[n] - 5], p_time[p_number[n]],
            p_text[t + 3]::json
        FROM (
            SELECT generate_series(p_at[173], p_at[174], 4) AS t,
                generate_series(p_at[175], p_at[176], 3) AS n
        ) q;
    END IF;
    -- 5. Counters. One that nobody wrote yet is made by commit_v1, as is one that would fall below
    -- nothing.
    -- Group 153: t tenant, t+1 a, t+2 b; n kind, n+1 change, n+2 least, n+3 most, n+4 most
    -- beyond a limit.
    IF p_at[154] > 0 THEN
        UPDATE oms.counter x
        SET taken = x.taken + p_number[n + 1]
        FROM (
            SELECT generate_series(p_at[155], p_at[156], 3) AS t,
                generate_series(p_at[157], p_at[158], 5) AS n
        ) q
        WHERE x.tenant = ANY (ARRAY[p_text[t]]) AND x.kind = p_number[n] AND x.a = p_text[t + 1]
        AND x.b = p_text[t + 2] AND x.taken + p_number[n + 2] >= 0
        AND x.taken + p_number[n + 3] <= 2000000000 AND x.taken + p_number[n + 4] <= 0;
        GET DIAGNOSTICS v_rows = ROW_COUNT;
        IF v_rows <> p_at[154] THEN
            RAISE 'a counter refuses' USING ERRCODE = 'OM001';
        END IF;
    END IF;
    -- 6. Stock.
    -- Group 144: t tenant, t+1 hub, t+2 sku; n items, n+1 on_hand, n+2 reserved, n+3 least
    -- on_hand, n+4 least reserved, n+5 most of both, n+6 most short after one that
    -- claims, n+7 that spares claims.
    IF p_at[145] > 0 THEN
        UPDATE oms.stock_level x
        SET on_hand = x.on_hand + p_number[n + 1], reserved = x.reserved + p_number[n + 2],
            shortfall = greatest(0, p_number[n + 2] - p_number[n + 1] + x.reserved - x.on_hand),
            version = x.version + p_number[n]
        FROM (
            SELECT generate_series(p_at[146], p_at[147], 3) AS t,
                generate_series(p_at[148], p_at[149], 8) AS n
        ) q
        WHERE x.tenant = ANY (ARRAY[p_text[t]]) AND x.hub = p_text[t + 1] AND x.sku = p_text[t + 2]
        AND x.on_hand + p_number[n + 3] >= 0 AND x.reserved + p_number[n + 4] >= 0
        AND greatest(x.on_hand, x.reserved) + p_number[n + 5] <= 2000000000
        AND p_number[n + 6] + x.reserved + x.safety <= x.on_hand
        AND p_number[n + 7] + x.reserved <= x.on_hand;
        GET DIAGNOSTICS v_rows = ROW_COUNT;
        IF v_rows <> p_at[145] THEN
            RAISE 'a stock row refuses' USING ERRCODE = 'OM001';
        END IF;
    END IF;
    -- 7. Jobs. One whose key is taken is done by the job that has it.
    -- Group 162: t tenant, t+1 queue, t+2 kind, t+3 payload, t+4 key, t+5 trace; n priority,
    -- n+1 attempts;
    -- u id; m run.
    IF p_at[163] > 0 THEN
        IF p_at[145] + p_at[154] > 0 THEN
            -- Nobody waits for a table of jobs that is locked with busy rows in hand: commit_v1
            -- gives way. Assigned, as PERFORM would be one more statement.
            v_rows := length(set_config('lock_timeout', '100ms', true));
        END IF;
        INSERT INTO oms.job (tenant, id, queue, kind, payload, run_at, priority, unique_key,
            max_attempts, trace, pushed_at, token)
        SELECT p_text[t], p_id[u], p_text[t + 1], p_text[t + 2], p_text[t + 3], p_time[m],
            p_number[n], p_text[t + 4], p_number[n + 1], p_text[t + 5], v_now,
            (extract(epoch FROM v_now) * 1000000)::bigint
        FROM (
            SELECT generate_series(p_at[164], p_at[165], 6) AS t,
                generate_series(p_at[166], p_at[167], 2) AS n,
                generate_series(p_at[168], p_at[169], 1) AS u,
                generate_series(p_at[170], p_at[171], 1) AS m
        ) q
        ORDER BY p_text[t], p_text[t + 1], p_text[t + 4], t
        ON CONFLICT (tenant, queue, unique_key) WHERE unique_key IS NOT NULL AND state < 4
            DO NOTHING;
    END IF;
    RETURN v_now;
END $$
