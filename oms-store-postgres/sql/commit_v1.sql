-- Commits change sets of one tenant, one after another, and answers one verdict per item (several
-- rows where several stock rows refuse). One call is one transaction and one round trip.
--
-- Shape: the caller sends each distinct name, document, reservation, stock row and stream once,
-- sorted, and the change sets refer to them by place. The function
--   1. locks and reads all of them, kind after kind (the catalogue, streams without a place, names,
--      documents, reservations, counters, stock), each set in key order, so two batches cannot wait for each
--      other in a circle;
--   2. decides item by item on arrays, so item k sees what accepted items wrote and a refused one
--      leaves no trace;
--   3. writes each row once, sorted.
-- Plans must not depend on what the planner knows of the tables: look-ups are LATERAL with a limit or
-- a lock, which cannot be flattened, so the arrays drive them; updates get the tenant through a
-- subquery that cannot be flattened (OFFSET 0), so no index is entered by the tenant alone, and say
-- that it is ANY of one (see extend_jobs_v1), so no index is read from end to end where a table had
-- no rows, or a few, when it was last analysed.
--
-- What was absent when it was looked for is inserted in the end; a twin that came in between is a
-- unique violation, upon which the caller sends the batch again. So is a due claim that somebody
-- else holds at the moment (NOWAIT). SQLSTATE 23505, 55P03, 40001 and 40P01 mean: again.
--
-- commit_whole_v1 inserts before it locks counters and stock, for the sake of busy rows. A twin of
-- its that is not committed yet may wait for a row that is held here, so nobody waits for a twin for
-- longer than 100 ms: the batch is given up, which frees its rows, and sent again. A deadlock would
-- hold up both, and all behind them, until the server finds it (deadlock_timeout). The limit is also
-- that of the tables, which are locked with the first row that is written: while an index of one is
-- built without CONCURRENTLY, a batch that comes here is given up until it is busy. Its rows are
-- free meanwhile, so nobody waits behind it.
--
-- Packed arrays: p_ends has 10 numbers per item: the ends of its unique names, documents,
-- requirements, reservation changes, stock changes, events, movements, jobs, then the first item
-- with its key, then 1 if it may reclaim. p_q: document and version (-1: must be active), or 0 and
-- the version of the catalogue; bit 0 of p_d_used says that this occurs.
-- p_c: reservation, kind of change, units, the change of the same reservation before it in the item
-- or 0. p_x: stock row, change of on hand, change of reserved, 1 claims + 2 spares reserved,
-- expected on hand or -1, safety or -1, incoming or -1. p_e: item, stream, place or -1, the event of
-- the same stream before it in the item or 0. -1 stands for nothing throughout.
--
-- p_g: item, counter, change, limit or -1; by item.
--
-- A document whose kind is sent as 0 in p_d_kind is only created and taken for absent unseen.
--
-- Codes: 0 committed, 1 repeated, 2 clock skew, 3 key reused, 4 taken, 5 conflict, 6 unmet,
-- 7 reservation, 8 stock, 9 event out of place, 10 movement used, 11 job used, 12 counter.
CREATE OR REPLACE FUNCTION oms.commit_v1(
    p_tenant text, p_now timestamptz,
    p_key text[], p_fingerprint bytea[], p_receipt text[], p_planned timestamptz[],
    p_actor text[], p_actor_id text[], p_reason text[], p_request text[],
    p_ends integer[],
    p_n_kind smallint[], p_n_a text[], p_n_b text[], p_n_c text[],
    p_u_name integer[],
    p_u_kind smallint[], p_u_t1 text[], p_u_t2 text[], p_u_u uuid[], p_u_n bigint[],
    p_d_used integer, p_d_written integer,
    p_d_kind smallint[], p_d_t1 text[], p_d_t2 text[], p_d_u uuid[], p_d_n bigint[],
    p_w_doc integer[], p_w_expected bigint[],
    p_w_kind smallint[], p_w_t1 text[], p_w_t2 text[], p_w_u uuid[], p_w_n bigint[],
    p_w_version bigint[], p_w_schema smallint[], p_w_body text[],
    p_w_active smallint[], p_w_personal boolean[], p_w_customer uuid[], p_w_order uuid[],
    p_w_number bigint[], p_w_status text[], p_w_placed timestamptz[], p_w_since timestamptz[],
    p_w_promised timestamptz[], p_w_channel text[],
    p_q bigint[],
    p_r_kind smallint[], p_r_owner uuid[], p_r_name text[], p_r_line integer[],
    p_r_hub text[], p_r_sku text[], p_r_stock integer[],
    p_c integer[], p_c_at timestamptz[],
    p_s_hub text[], p_s_sku text[],
    p_x bigint[],
    p_m_id uuid[], p_m_item integer[], p_m_first integer[], p_m_hub text[], p_m_sku text[],
    p_m_kind text[], p_m_delta bigint[], p_m_order uuid[], p_m_reason text[],
    p_m_transfer text[],
    p_t_kind text[], p_t_id text[], p_t_unplaced text[],
    p_e bigint[], p_e_body text[],
    p_j_id uuid[], p_j_item integer[], p_j_first integer[], p_j_queue text[], p_j_kind text[],
    p_j_payload text[], p_j_run timestamptz[],
    p_j_priority smallint[], p_j_unique text[], p_j_attempts smallint[], p_j_trace text[],
    p_k_kind smallint[], p_k_a text[], p_k_b text[], p_g bigint[]
)
RETURNS TABLE (
    item integer, code smallint, ref integer, problem smallint, num1 bigint, num2 bigint,
    at timestamptz, body text,
    h_kind smallint, h_t1 text, h_t2 text, h_u uuid, h_n bigint
)
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = oms, pg_temp
SET random_page_cost = 0.1 SET enable_seqscan = off SET enable_hashjoin = off SET enable_mergejoin = off
SET plan_cache_mode = force_generic_plan SET jit = off
AS $$
#variable_conflict use_column
DECLARE
    c_units constant bigint := 2000000000;
    c_quantity constant bigint := 1000000;
    c_per_item constant integer := 10;
    v_began timestamptz := coalesce(p_now, clock_timestamp());
    v_now timestamptz;
    v_items integer := cardinality(p_key);
    v_ok boolean[] := array_fill(false, ARRAY[cardinality(p_key)]);
    v_any boolean := false;
    v_doubted boolean[] := array_fill(false, ARRAY[cardinality(p_key)]);
    r record;
    i integer; j integer; k integer; o integer; n integer;
    v_refused boolean; v_tried integer := 0;
    -- commands known, by first item with the key
    k_found boolean[] := array_fill(false, ARRAY[cardinality(p_key)]);
    k_fp bytea[] := p_fingerprint; k_receipt text[] := p_receipt; k_at timestamptz[] := p_planned;
    -- names
    n_known smallint[] := array_fill(0::smallint, ARRAY[cardinality(p_n_kind)]);
    n_kind smallint[] := p_n_kind; n_t1 text[] := p_n_a; n_t2 text[] := p_n_b;
    n_u uuid[]; n_n bigint[]; n_any boolean := false;
    -- documents
    d_version bigint[]; d_active boolean[];
    d_stored boolean[]; d_last integer[];
    w_state smallint[] := array_fill(0::smallint, ARRAY[cardinality(p_w_doc)]);
    w_inserted integer := 0; w_updated integer := 0;
    v_catalogue bigint := 0; v_raised boolean; v_any_raised boolean := false;
    -- reservations as they are, then as a change leaves them (a_)
    r_kind smallint[] := p_r_kind; r_owner uuid[] := p_r_owner; r_name text[] := p_r_name;
    r_line integer[] := p_r_line; r_hub text[] := p_r_hub; r_sku text[] := p_r_sku;
    r_stock integer[] := p_r_stock;
    r_count integer := cardinality(p_r_kind);
    r_tentative bigint[] := array_fill(0::bigint, ARRAY[r_count]);
    r_confirmed bigint[] := r_tentative; r_consumed bigint[] := r_tentative;
    r_released bigint[] := r_tentative; r_expired bigint[] := r_tentative;
    r_lapsed bigint[] := r_tentative; r_version bigint[] := r_tentative;
    r_at timestamptz[] := array_fill(NULL::timestamptz, ARRAY[r_count]);
    r_stored boolean[] := array_fill(false, ARRAY[r_count]); r_dirty boolean[] := r_stored;
    a_tentative bigint[]; a_confirmed bigint[]; a_consumed bigint[]; a_released bigint[];
    a_expired bigint[]; a_lapsed bigint[]; a_at timestamptz[]; a_version bigint[];
    v_tentative bigint; v_confirmed bigint; v_consumed bigint; v_released bigint;
    v_expired bigint; v_lapsed bigint; v_at timestamptz; v_version bigint;
    v_units bigint; v_kind integer; v_problem smallint; v_found bigint;
    -- counters
    k_taken bigint[]; k_stored boolean[]; k_dirty boolean[]; v_g integer := 0; v_first integer;
    -- stock rows
    s_count integer := cardinality(p_s_hub);
    s_on_hand bigint[] := array_fill(0::bigint, ARRAY[s_count]);
    s_reserved bigint[] := s_on_hand; s_incoming bigint[] := s_on_hand;
    s_safety bigint[] := s_on_hand; s_version bigint[] := s_on_hand;
    s_stored boolean[] := array_fill(false, ARRAY[s_count]); s_dirty boolean[] := s_stored;
    s_searched boolean[] := s_stored;
    b_on_hand bigint[]; b_reserved bigint[]; b_version bigint[];
    v_on_hand bigint; v_reserved bigint; v_safety bigint; v_flags bigint; v_before bigint;
    v_bump bigint; v_again boolean; v_num2 bigint;
    -- claims that end to make room for the item
    -- (those of a row that were looked up stand from s_from to s_to; s_room is the most there is
    -- to free, -1 unless known)
    c_asked constant integer := cardinality(p_r_kind);
    s_from integer[] := array_fill(1, ARRAY[s_count]);
    s_to integer[] := array_fill(0, ARRAY[s_count]);
    s_room bigint[] := array_fill(-1::bigint, ARRAY[s_count]);
    l_claim integer[]; l_more integer[]; l_freed bigint; l_first integer;
    l_room bigint; l_from integer; l_to integer;
    l_stream text[]; l_units text[]; l_place bigint[]; l_seq bigint[];
    -- streams, and the events of ended claims
    t_kind text[] := p_t_kind; t_id text[] := p_t_id; t_last bigint[];
    e_seq bigint[] := array_fill(0::bigint, ARRAY[cardinality(p_e_body)]);
    y_item integer[] := '{}'; y_stream text[] := '{}'; y_seq bigint[] := '{}';
    y_body text[] := '{}';
    m_used boolean[]; j_used boolean[];
    -- whether an id comes twice, and then which jobs of the batch are kept
    v_twins boolean := false; j_kept boolean[];
BEGIN
    -- 1. Lock and read.
    IF p_d_written & 8254 <> 0 THEN  -- the catalogue: kinds 1 to 5, and 13
        -- Who asks for it shared waits behind this, so this waits for none of them for long, and
        -- for no row once it has it: one that does would hold up the tenant.
        PERFORM set_config('lock_timeout', '100ms', true);
        PERFORM pg_advisory_xact_lock(1869443440, hashtext(p_tenant));
    ELSIF p_d_used & 8255 <> 0 THEN
        PERFORM pg_advisory_xact_lock_shared(1869443440, hashtext(p_tenant));
    END IF;
    IF p_d_used & 1 <> 0 OR p_d_written & 8254 <> 0 THEN
        SELECT x.version INTO v_catalogue FROM oms.catalogue x WHERE x.tenant = p_tenant;
        v_catalogue := coalesce(v_catalogue, 0);
    END IF;
    IF cardinality(p_t_unplaced) > 0 THEN
        -- Nothing else orders appends to streams that no document stands for.
        PERFORM pg_advisory_xact_lock(1869443438, s.h) FROM (
            SELECT DISTINCT hashtext(p_tenant || E'\x1f' || x) AS h
            FROM unnest(p_t_unplaced) x ORDER BY 1
        ) s;
    END IF;
    FOR r IN
        SELECT q.i, c.fingerprint, c.receipt, c.at
        FROM unnest(p_key) WITH ORDINALITY q(key, i)
        CROSS JOIN LATERAL (
            SELECT x.fingerprint, x.receipt, x.at FROM oms.command x
            WHERE x.tenant = p_tenant AND x.key = q.key LIMIT 1
        ) c
    LOOP
        k_found[r.i] := true;
        k_fp[r.i] := r.fingerprint; k_receipt[r.i] := r.receipt; k_at[r.i] := r.at;
    END LOOP;
    IF cardinality(p_n_kind) > 0 THEN
        n_u := array_fill(NULL::uuid, ARRAY[cardinality(p_n_kind)]);
        n_n := array_fill(NULL::bigint, ARRAY[cardinality(p_n_kind)]);
        FOR r IN
            SELECT q.i, x.*
            FROM unnest(p_n_kind, p_n_a, p_n_b, p_n_c) WITH ORDINALITY q(kind, a, b, c, i)
            CROSS JOIN LATERAL (
                SELECT u.holder_kind, u.holder_t1, u.holder_t2, u.holder_u, u.holder_n
                FROM oms.unique_name u
                WHERE u.tenant = p_tenant AND u.kind = q.kind
                AND u.a = q.a AND u.b = q.b AND u.c = q.c
                LIMIT 1
            ) x
        LOOP
            n_known[r.i] := 1;
            n_kind[r.i] := r.holder_kind; n_t1[r.i] := r.holder_t1; n_t2[r.i] := r.holder_t2;
            n_u[r.i] := r.holder_u; n_n[r.i] := r.holder_n;
        END LOOP;
    END IF;
    SELECT d.version, d.active INTO d_version, d_active FROM oms.lock_documents_v1(
        p_tenant, p_d_used, p_d_written, p_d_kind, p_d_t1, p_d_t2, p_d_u, p_d_n) d;
    d_last := array_fill(0, ARRAY[cardinality(d_version)]);
    d_stored := array_fill(false, ARRAY[cardinality(d_version)]);
    FOR i IN 1..cardinality(d_version) LOOP
        d_stored[i] := d_version[i] >= 0;
    END LOOP;
    IF r_count > 0 THEN
        FOR r IN
            SELECT q.i, x.*
            FROM unnest(p_r_kind, p_r_owner, p_r_name, p_r_line, p_r_hub, p_r_sku)
                WITH ORDINALITY q(kind, owner, name, line, hub, sku, i)
            CROSS JOIN LATERAL (
                SELECT y.tentative, y.confirmed, y.consumed, y.released, y.expired, y.lapsed,
                    y.expires_at, y.version
                FROM oms.reservation y
                WHERE y.tenant = p_tenant AND y.owner_kind = q.kind AND y.owner_id = q.owner
                AND y.owner_name = q.name AND y.line = q.line AND y.hub = q.hub AND y.sku = q.sku
                FOR NO KEY UPDATE
            ) x
        LOOP
            r_stored[r.i] := true;
            r_tentative[r.i] := r.tentative; r_confirmed[r.i] := r.confirmed;
            r_consumed[r.i] := r.consumed; r_released[r.i] := r.released;
            r_expired[r.i] := r.expired; r_lapsed[r.i] := r.lapsed;
            r_at[r.i] := r.expires_at; r_version[r.i] := r.version;
        END LOOP;
    END IF;
    IF cardinality(p_k_kind) > 0 THEN
        k_taken := array_fill(0::bigint, ARRAY[cardinality(p_k_kind)]);
        k_stored := array_fill(false, ARRAY[cardinality(p_k_kind)]); k_dirty := k_stored;
        FOR r IN
            SELECT q.i, x.*
            FROM unnest(p_k_kind, p_k_a, p_k_b) WITH ORDINALITY q(kind, a, b, i)
            CROSS JOIN LATERAL (
                SELECT y.taken FROM oms.counter y
                WHERE y.tenant = p_tenant AND y.kind = q.kind AND y.a = q.a AND y.b = q.b
                FOR NO KEY UPDATE
            ) x
        LOOP
            k_stored[r.i] := true; k_taken[r.i] := r.taken;
        END LOOP;
    END IF;
    IF s_count > 0 THEN
        FOR r IN
            SELECT q.i, x.*
            FROM unnest(p_s_hub, p_s_sku) WITH ORDINALITY q(hub, sku, i)
            CROSS JOIN LATERAL (
                SELECT y.on_hand, y.reserved, y.incoming, y.safety, y.version
                FROM oms.stock_level y
                WHERE y.tenant = p_tenant AND y.hub = q.hub AND y.sku = q.sku
                FOR NO KEY UPDATE
            ) x
        LOOP
            s_stored[r.i] := true;
            s_on_hand[r.i] := r.on_hand; s_reserved[r.i] := r.reserved;
            s_incoming[r.i] := r.incoming; s_safety[r.i] := r.safety; s_version[r.i] := r.version;
        END LOOP;
    END IF;
    t_last := array_fill(0::bigint, ARRAY[cardinality(p_t_kind)]);
    IF cardinality(p_t_kind) > 0 THEN
        FOR r IN
            SELECT q.i, x.seq
            FROM unnest(p_t_kind, p_t_id) WITH ORDINALITY q(kind, id, i)
            CROSS JOIN LATERAL (
                SELECT y.seq + y.length - 1 AS seq FROM oms.event y
                WHERE y.tenant = p_tenant AND y.stream_kind = q.kind AND y.stream_id = q.id
                ORDER BY y.tenant DESC, y.stream_kind DESC, y.stream_id DESC, y.seq DESC LIMIT 1
            ) x
        LOOP
            t_last[r.i] := r.seq;
        END LOOP;
    END IF;
    IF cardinality(p_m_id) > 0 THEN
        m_used := array_fill(false, ARRAY[cardinality(p_m_id)]);
        FOR r IN SELECT q.i FROM unnest(p_m_id) WITH ORDINALITY q(id, i)
            CROSS JOIN LATERAL (
                SELECT FROM oms.movement m WHERE m.tenant = p_tenant AND m.id = q.id LIMIT 1
            ) m
        LOOP
            m_used[p_m_first[r.i]] := true;
        END LOOP;
    END IF;
    IF cardinality(p_j_id) > 0 THEN
        j_used := array_fill(false, ARRAY[cardinality(p_j_id)]);
        FOR r IN SELECT q.i FROM unnest(p_j_id) WITH ORDINALITY q(id, i)
            CROSS JOIN LATERAL (
                SELECT FROM oms.job m WHERE m.tenant = p_tenant AND m.id = q.id LIMIT 1
            ) m
        LOOP
            j_used[p_j_first[r.i]] := true;
        END LOOP;
        FOR j IN 1..cardinality(p_j_id) LOOP
            v_twins := v_twins OR p_j_first[j] <> j;
        END LOOP;
        IF v_twins THEN
            j_kept := array_fill(false, ARRAY[cardinality(p_j_id)]);
        END IF;
    END IF;
    v_now := coalesce(p_now, clock_timestamp());

    -- 2. Decide, item by item.
    <<items>>
    FOR i IN 1..v_items LOOP
        o := (i - 1) * c_per_item;
        item := i; ref := NULL; problem := NULL; num1 := NULL; num2 := NULL; at := NULL;
        body := NULL; h_kind := NULL; h_t1 := NULL; h_t2 := NULL; h_u := NULL; h_n := NULL;
        IF abs(extract(epoch FROM p_planned[i] - v_began)) > 5 THEN
            code := 2; at := v_began; RETURN NEXT; CONTINUE items;
        END IF;
        k := p_ends[o + 9];
        IF k_found[k] THEN
            IF k_fp[k] = p_fingerprint[i] THEN
                code := 1; at := k_at[k]; body := k_receipt[k];
            ELSE
                code := 3;
            END IF;
            RETURN NEXT; CONTINUE items;
        END IF;
        v_tried := v_tried + 1;
        -- unique names
        FOR j IN CASE WHEN i = 1 THEN 1 ELSE p_ends[o - 9] + 1 END..p_ends[o + 1] LOOP
            n := p_u_name[j];
            IF n_known[n] > 0 AND (n_kind[n] <> p_u_kind[j] OR n_t1[n] <> p_u_t1[j]
                OR n_t2[n] <> p_u_t2[j] OR n_u[n] <> p_u_u[j] OR n_n[n] <> p_u_n[j]) THEN
                code := 4; ref := j; h_kind := n_kind[n]; h_t1 := n_t1[n]; h_t2 := n_t2[n];
                h_u := n_u[n]; h_n := n_n[n];
                RETURN NEXT; CONTINUE items;
            END IF;
        END LOOP;
        -- document versions
        FOR j IN CASE WHEN i = 1 THEN 1 ELSE p_ends[o - 8] + 1 END..p_ends[o + 2] LOOP
            IF d_version[p_w_doc[j]] <> p_w_expected[j] THEN
                v_doubted[i] := true; code := 5; ref := j; num1 := d_version[p_w_doc[j]];
                RETURN NEXT; CONTINUE items;
            END IF;
        END LOOP;
        -- requirements
        FOR j IN CASE WHEN i = 1 THEN 1 ELSE p_ends[o - 7] + 1 END..p_ends[o + 3] LOOP
            k := p_q[2 * j - 1];
            IF (CASE WHEN k = 0 THEN v_catalogue <> p_q[2 * j]
                WHEN p_q[2 * j] < 0 THEN NOT d_active[k] ELSE d_version[k] <> p_q[2 * j] END)
            THEN
                v_doubted[i] := true; code := 6; ref := j; RETURN NEXT; CONTINUE items;
            END IF;
        END LOOP;
        -- reservations
        FOR j IN CASE WHEN i = 1 THEN 1 ELSE p_ends[o - 6] + 1 END..p_ends[o + 4] LOOP
            k := p_c[4 * j - 3]; v_kind := p_c[4 * j - 2]; v_units := p_c[4 * j - 1];
            n := p_c[4 * j];
            IF n = 0 THEN
                v_tentative := r_tentative[k]; v_confirmed := r_confirmed[k];
                v_consumed := r_consumed[k]; v_released := r_released[k];
                v_expired := r_expired[k]; v_lapsed := r_lapsed[k];
                v_at := r_at[k]; v_version := r_version[k];
            ELSE
                v_tentative := a_tentative[n]; v_confirmed := a_confirmed[n];
                v_consumed := a_consumed[n]; v_released := a_released[n];
                v_expired := a_expired[n]; v_lapsed := a_lapsed[n];
                v_at := a_at[n]; v_version := a_version[n];
            END IF;
            v_problem := 0; at := NULL; v_found := 0;
            IF v_kind = 1 AND v_tentative > 0 AND v_at <= v_now THEN
                v_problem := 1; at := v_at;  -- what is over is ended first
            ELSIF v_kind = 1 THEN  -- reserve until
                v_tentative := v_tentative + v_units;
                v_at := greatest(v_at, p_c_at[j]);
            ELSIF v_kind = 2 THEN  -- reserve
                v_confirmed := v_confirmed + v_units;
            ELSIF v_kind = 3 THEN  -- confirm
                IF (v_tentative > 0 AND v_at <= v_now)
                    OR (v_tentative + v_confirmed = 0 AND v_expired > 0) THEN
                    v_problem := 1; at := v_at;
                ELSE
                    v_found := v_tentative;
                    v_tentative := v_tentative - v_units; v_confirmed := v_confirmed + v_units;
                END IF;
            ELSIF v_kind = 4 THEN  -- release, from the tentative ones
                v_found := v_tentative;
                v_tentative := v_tentative - v_units; v_released := v_released + v_units;
            ELSIF v_kind = 5 THEN  -- release, from the confirmed ones
                v_found := v_confirmed;
                v_confirmed := v_confirmed - v_units; v_released := v_released + v_units;
            ELSIF v_kind = 6 THEN  -- expire
                IF v_at > v_now THEN
                    v_problem := 2; at := v_at;
                ELSE
                    v_found := v_tentative;
                    v_tentative := v_tentative - v_units; v_expired := v_expired + v_units;
                END IF;
            ELSIF v_kind = 7 THEN  -- consume
                v_found := v_confirmed;
                v_confirmed := v_confirmed - v_units; v_consumed := v_consumed + v_units;
            ELSIF v_kind = 8 THEN  -- acknowledge
                v_found := v_lapsed;
                v_lapsed := v_lapsed - v_units;
            ELSE  -- settle
                v_found := v_expired - v_lapsed;
                v_lapsed := v_lapsed + v_units;
            END IF;
            IF v_problem = 0 THEN
                IF v_tentative < 0 OR v_confirmed < 0 OR v_lapsed < 0
                    OR v_kind = 9 AND v_lapsed > v_expired THEN
                    v_problem := 3; num1 := v_units; num2 := v_found;
                ELSIF greatest(v_tentative, v_confirmed, v_consumed, v_released, v_expired)
                    > c_units
                    OR v_kind < 3 AND v_tentative + v_confirmed > c_quantity THEN
                    v_problem := 4;
                END IF;
            END IF;
            IF v_problem > 0 THEN
                v_doubted[i] := true; code := 7; ref := j; problem := v_problem; RETURN NEXT; CONTINUE items;
            END IF;
            a_tentative[j] := v_tentative; a_confirmed[j] := v_confirmed;
            a_consumed[j] := v_consumed; a_released[j] := v_released;
            a_expired[j] := v_expired; a_lapsed[j] := v_lapsed; a_version[j] := v_version + 1;
            a_at[j] := CASE WHEN v_tentative > 0 THEN v_at END;
        END LOOP;
        -- counters
        WHILE 4 * v_g < cardinality(p_g) AND p_g[4 * v_g + 1] < i LOOP
            v_g := v_g + 1;
        END LOOP;
        v_first := v_g;
        WHILE 4 * v_g < cardinality(p_g) AND p_g[4 * v_g + 1] = i LOOP
            k := p_g[4 * v_g + 2]; v_units := greatest(0, k_taken[k] + p_g[4 * v_g + 3]);
            v_problem := CASE WHEN v_units > c_units THEN 2
                WHEN p_g[4 * v_g + 3] > 0 AND p_g[4 * v_g + 4] >= 0
                    AND v_units > p_g[4 * v_g + 4] THEN 1
                ELSE 0 END;
            IF v_problem > 0 THEN
                v_doubted[i] := true; code := 12; ref := k; problem := v_problem;
                num1 := k_taken[k]; num2 := p_g[4 * v_g + 4]; RETURN NEXT; CONTINUE items;
            END IF;
            v_g := v_g + 1;
        END LOOP;
        -- stock
        v_refused := false; l_claim := '{}';
        FOR j IN CASE WHEN i = 1 THEN 1 ELSE p_ends[o - 5] + 1 END..p_ends[o + 5] LOOP
            n := 7 * j - 7; k := p_x[n + 1]; v_flags := p_x[n + 4];
            v_safety := CASE WHEN p_x[n + 6] < 0 THEN s_safety[k] ELSE p_x[n + 6] END;
            v_before := s_reserved[k]; v_bump := 1; v_again := false; l_first := cardinality(l_claim);
            LOOP
                v_problem := 0;
                v_on_hand := s_on_hand[k] + p_x[n + 2];
                v_reserved := v_before + p_x[n + 3];
                IF p_x[n + 5] >= 0 AND p_x[n + 5] <> s_on_hand[k] THEN
                    v_problem := 2; num1 := p_x[n + 5]; num2 := s_on_hand[k];
                ELSIF v_on_hand < 0
                    OR (v_flags & 1 > 0 AND v_reserved + v_safety > v_on_hand)
                    OR (v_flags & 2 > 0 AND v_reserved > v_on_hand) THEN
                    v_problem := 1;
                    num1 := least(greatest(p_x[n + 3], -p_x[n + 2], 0), c_units);
                    num2 := s_on_hand[k] - s_reserved[k] - s_safety[k];
                ELSIF v_on_hand > c_units OR v_reserved < 0 OR v_reserved > c_units THEN
                    v_problem := 3; num1 := NULL; num2 := NULL;
                END IF;
                EXIT WHEN v_problem = 0 OR v_again OR p_ends[o + 10] = 0 OR v_flags & 1 = 0;
                -- Short, and due claims of others may end to make room.
                v_again := true; l_freed := 0;
                IF NOT s_searched[k] THEN
                    s_searched[k] := true; s_from[k] := r_count + 1;
                    FOR r IN
                        SELECT y.* FROM oms.reservation y
                        WHERE y.tenant = p_tenant AND y.hub = p_s_hub[k] AND y.sku = p_s_sku[k]
                        AND y.tentative > 0 AND y.expires_at <= v_now
                        AND (y.owner_kind, y.owner_id, y.owner_name, y.line) NOT IN (
                            SELECT z.kind, z.owner, z.name, z.line
                            FROM unnest(p_r_kind, p_r_owner, p_r_name, p_r_line, p_r_stock)
                                z(kind, owner, name, line, stock)
                            WHERE z.stock = k)
                        ORDER BY y.expires_at, y.owner_kind, y.owner_id, y.owner_name, y.line
                        FOR NO KEY UPDATE NOWAIT
                    LOOP
                        r_count := r_count + 1;
                        r_kind[r_count] := r.owner_kind; r_owner[r_count] := r.owner_id;
                        r_name[r_count] := r.owner_name; r_line[r_count] := r.line;
                        r_hub[r_count] := r.hub; r_sku[r_count] := r.sku; r_stock[r_count] := k;
                        r_tentative[r_count] := r.tentative; r_confirmed[r_count] := r.confirmed;
                        r_consumed[r_count] := r.consumed; r_released[r_count] := r.released;
                        r_expired[r_count] := r.expired; r_lapsed[r_count] := r.lapsed;
                        r_at[r_count] := r.expires_at; r_version[r_count] := r.version;
                        r_stored[r_count] := true; r_dirty[r_count] := false;
                    END LOOP;
                    s_to[k] := r_count;
                END IF;
                EXIT WHEN s_room[k] >= 0 AND v_reserved - s_room[k] + v_safety > v_on_hand;
                -- One statement over arrays that are not copied: the claims of the batch on this row
                -- and those that were looked up, without those of the item's own owners.
                SELECT coalesce(sum(q.units), 0), coalesce(sum(q.units) FILTER (WHERE q.free), 0),
                    coalesce(array_agg(q.c ORDER BY q.c) FILTER (WHERE q.free), '{}'),
                    coalesce(min(q.c) FILTER (WHERE q.c > c_asked), s_to[k] + 1),
                    coalesce(max(q.c) FILTER (WHERE q.c > c_asked), s_to[k])
                INTO l_room, l_freed, l_more, l_from, l_to
                FROM (
                    SELECT c.c, r_tentative[c.c] AS units,
                        (r_kind[c.c], r_owner[c.c], r_name[c.c]) NOT IN (
                            SELECT r_kind[z.z], r_owner[z.z], r_name[z.z] FROM (
                                SELECT p_c[4 * x - 3] AS z FROM generate_series(
                                    CASE WHEN i = 1 THEN 1 ELSE p_ends[o - 6] + 1 END, p_ends[o + 4]) x
                            ) z
                        ) AS free
                    FROM (
                        SELECT generate_series(1, c_asked) AS c
                        UNION ALL SELECT generate_series(s_from[k], s_to[k])
                    ) c
                    WHERE r_stock[c.c] = k AND r_tentative[c.c] BETWEEN 1 AND c_quantity
                    AND r_at[c.c] <= v_now AND r_expired[c.c] + r_tentative[c.c] <= c_units
                    AND r_lapsed[c.c] + r_tentative[c.c] <= c_units
                ) q;
                s_room[k] := l_room; s_from[k] := l_from; s_to[k] := l_to;
                l_claim := l_claim || l_more;
                EXIT WHEN l_freed = 0;
                v_before := s_reserved[k] - l_freed; v_bump := 2; v_num2 := num2; v_found := num1;
                v_kind := v_problem;
            END LOOP;
            IF v_problem > 0 THEN
                IF v_again AND l_freed > 0 THEN  -- still short: the row as it is tells why
                    v_problem := v_kind; num1 := v_found; num2 := v_num2;
                    l_claim := l_claim[1:l_first];
                END IF;
                v_refused := true;
                code := 8; ref := k; problem := v_problem; at := NULL; RETURN NEXT;
            ELSE
                b_on_hand[j] := v_on_hand; b_reserved[j] := v_reserved;
                b_version[j] := s_version[k] + v_bump;
            END IF;
        END LOOP;
        IF v_refused THEN
            v_doubted[i] := true; CONTINUE items;
        END IF;
        num1 := NULL; num2 := NULL; at := NULL;
        -- places of events, ids of movements and jobs
        FOR j IN CASE WHEN i = 1 THEN 1 ELSE p_ends[o - 4] + 1 END..p_ends[o + 6] LOOP
            n := 4 * j - 4; k := p_e[n + 4];
            e_seq[j] := 1 + CASE WHEN k > 0 THEN e_seq[k] ELSE t_last[p_e[n + 2]] END;
            IF p_e[n + 3] >= 0 AND p_e[n + 3] <> e_seq[j] THEN
                v_doubted[i] := true; code := 9; ref := j; num1 := e_seq[j]; RETURN NEXT; CONTINUE items;
            END IF;
        END LOOP;
        FOR j IN CASE WHEN i = 1 THEN 1 ELSE p_ends[o - 3] + 1 END..p_ends[o + 7] LOOP
            IF m_used[p_m_first[j]] THEN
                v_doubted[i] := true; code := 10; ref := j; RETURN NEXT; CONTINUE items;
            END IF;
        END LOOP;
        FOR j IN CASE WHEN i = 1 THEN 1 ELSE p_ends[o - 2] + 1 END..p_ends[o + 8] LOOP
            IF j_used[p_j_first[j]] THEN
                v_doubted[i] := true; code := 11; ref := j; RETURN NEXT; CONTINUE items;
            END IF;
        END LOOP;

        -- The item is accepted: from here on later ones see it.
        v_ok[i] := true; v_any := true; v_tried := v_tried - 1;
        k := p_ends[o + 9];
        k_found[k] := true; k_fp[k] := p_fingerprint[i]; k_receipt[k] := p_receipt[i];
        k_at[k] := v_now;
        FOR j IN CASE WHEN i = 1 THEN 1 ELSE p_ends[o - 9] + 1 END..p_ends[o + 1] LOOP
            n := p_u_name[j];
            IF n_known[n] = 0 THEN
                n_known[n] := 2; n_any := true;
                n_kind[n] := p_u_kind[j]; n_t1[n] := p_u_t1[j]; n_t2[n] := p_u_t2[j];
                n_u[n] := p_u_u[j]; n_n[n] := p_u_n[j];
            END IF;
        END LOOP;
        v_raised := false;
        FOR j IN CASE WHEN i = 1 THEN 1 ELSE p_ends[o - 8] + 1 END..p_ends[o + 2] LOOP
            k := p_w_doc[j];
            v_raised := v_raised OR p_w_kind[j] <= 5 OR p_w_kind[j] = 13;
            d_version[k] := p_w_version[j]; d_active[k] := p_w_active[j] = 1;
            n := d_last[k];
            IF d_stored[k] THEN
                w_state[j] := CASE WHEN p_w_body[j] IS NULL THEN 3 ELSE 2 END;
                w_updated := w_updated | (1 << p_w_kind[j]);
            ELSE
                w_state[j] := 1; w_inserted := w_inserted | (1 << p_w_kind[j]);
            END IF;
            IF n > 0 THEN
                -- Written before in this batch: the row is written once, with the last body.
                IF p_w_body[j] IS NULL AND p_w_body[n] IS NOT NULL THEN
                    p_w_body[j] := p_w_body[n]; p_w_schema[j] := p_w_schema[n];
                    w_state[j] := w_state[n];
                END IF;
                w_state[n] := 0;
            END IF;
            d_last[k] := j;
        END LOOP;
        IF v_raised THEN
            v_catalogue := v_catalogue + 1; v_any_raised := true;
        END IF;
        FOR j IN CASE WHEN i = 1 THEN 1 ELSE p_ends[o - 6] + 1 END..p_ends[o + 4] LOOP
            k := p_c[4 * j - 3];
            r_dirty[k] := true;
            r_tentative[k] := a_tentative[j]; r_confirmed[k] := a_confirmed[j];
            r_consumed[k] := a_consumed[j]; r_released[k] := a_released[j];
            r_expired[k] := a_expired[j]; r_lapsed[k] := a_lapsed[j];
            r_at[k] := a_at[j]; r_version[k] := a_version[j];
        END LOOP;
        FOR j IN v_first..v_g - 1 LOOP
            k := p_g[4 * j + 2];
            k_dirty[k] := true; k_taken[k] := greatest(0, k_taken[k] + p_g[4 * j + 3]);
        END LOOP;
        FOR j IN CASE WHEN i = 1 THEN 1 ELSE p_ends[o - 5] + 1 END..p_ends[o + 5] LOOP
            n := 7 * j - 7; k := p_x[n + 1];
            s_dirty[k] := true; s_room[k] := -1;
            s_on_hand[k] := b_on_hand[j]; s_reserved[k] := b_reserved[j];
            s_version[k] := b_version[j];
            IF p_x[n + 6] >= 0 THEN s_safety[k] := p_x[n + 6]; END IF;
            IF p_x[n + 7] >= 0 THEN s_incoming[k] := p_x[n + 7]; END IF;
        END LOOP;
        FOR j IN CASE WHEN i = 1 THEN 1 ELSE p_ends[o - 4] + 1 END..p_ends[o + 6] LOOP
            t_last[p_e[4 * j - 2]] := e_seq[j];
        END LOOP;
        FOR j IN CASE WHEN i = 1 THEN 1 ELSE p_ends[o - 3] + 1 END..p_ends[o + 7] LOOP
            m_used[p_m_first[j]] := true;
        END LOOP;
        FOR j IN CASE WHEN i = 1 THEN 1 ELSE p_ends[o - 2] + 1 END..p_ends[o + 8] LOOP
            IF v_twins AND p_j_unique[j] IS NOT NULL THEN
                -- A job whose key is taken is dropped, and its id is free for a later item.
                CONTINUE WHEN EXISTS (
                    SELECT FROM oms.job x WHERE x.tenant = p_tenant AND x.queue = p_j_queue[j]
                    AND x.unique_key = p_j_unique[j] AND x.state < 4
                ) OR EXISTS (
                    SELECT FROM unnest(j_kept, p_j_queue, p_j_unique) x(kept, queue, key)
                    WHERE x.kept AND x.queue = p_j_queue[j] AND x.key = p_j_unique[j]
                );
                j_kept[j] := true;
            END IF;
            j_used[p_j_first[j]] := true;
        END LOOP;
        -- Claims that end: the row, and one event per owner on its stream.
        IF cardinality(l_claim) > 0 THEN
            -- All owners in one statement; the last event of a stream is looked up unless a place
            -- of the batch holds it.
            SELECT array_agg(q.stream), array_agg(q.units), array_agg(q.place), array_agg(x.seq)
            INTO l_stream, l_units, l_place, l_seq
            FROM (
                SELECT u.stream, string_agg(u.units, ',' ORDER BY u.at) AS units,
                    max(u.place) AS place
                FROM (
                    SELECT CASE r_kind[l.c] WHEN 1 THEN 'order:' || r_owner[l.c]
                            WHEN 2 THEN 'cart:' || r_owner[l.c] ELSE 'host:' || r_name[l.c]
                        END AS stream,
                        format('{"line":%s,"hub":%s,"sku":%s,"quantity":%s}', r_line[l.c],
                            to_json(r_hub[l.c]), to_json(r_sku[l.c]), r_tentative[l.c]) AS units,
                        l.at, NULL::bigint AS place
                    FROM unnest(l_claim) WITH ORDINALITY l(c, at)
                    UNION ALL
                    SELECT t.id, NULL, NULL, t.place
                    FROM unnest(t_kind, t_id) WITH ORDINALITY t(kind, id, place)
                    WHERE t.kind = 'reservation'
                ) u
                GROUP BY u.stream HAVING count(u.units) > 0
            ) q
            LEFT JOIN LATERAL (
                SELECT y.seq + y.length - 1 AS seq FROM oms.event y
                WHERE q.place IS NULL AND y.tenant = p_tenant AND y.stream_kind = 'reservation'
                AND y.stream_id = q.stream
                ORDER BY y.tenant DESC, y.stream_kind DESC, y.stream_id DESC, y.seq DESC LIMIT 1
            ) x ON true;
            FOREACH n IN ARRAY l_claim LOOP
                r_expired[n] := r_expired[n] + r_tentative[n];
                IF r_kind[n] = 1 THEN r_lapsed[n] := r_lapsed[n] + r_tentative[n]; END IF;
                r_tentative[n] := 0; r_at[n] := NULL; r_version[n] := r_version[n] + 1;
                r_dirty[n] := true;
            END LOOP;
            FOR j IN 1..cardinality(l_stream) LOOP
                n := l_place[j];
                IF n IS NULL THEN
                    n := cardinality(t_id) + 1;
                    t_kind[n] := 'reservation'; t_id[n] := l_stream[j];
                    t_last[n] := coalesce(l_seq[j], 0);
                END IF;
                t_last[n] := t_last[n] + 1;
                y_item := y_item || i; y_stream := y_stream || l_stream[j];
                y_seq := y_seq || t_last[n];
                y_body := y_body || ('[["reservation.expired",1,{"event":"expired","units":['
                    || l_units[j] || ']}]]');
            END LOOP;
        END IF;
        code := 0; at := v_now; RETURN NEXT;
    END LOOP items;
    -- A document that was taken for absent unseen, and exists, should have been the answer of an
    -- item that was refused for a later reason: again, looking this time.
    IF 0 = ANY (p_d_kind) AND true = ANY (v_doubted) THEN
        FOR i IN 1..v_items LOOP
            CONTINUE WHEN NOT v_doubted[i];
            o := (i - 1) * c_per_item;
            FOR j IN CASE WHEN i = 1 THEN 1 ELSE p_ends[o - 8] + 1 END..p_ends[o + 2] LOOP
                w_state[j] := -1;
            END LOOP;
        END LOOP;
        PERFORM FROM unnest(w_state, p_w_doc, p_w_kind, p_w_t1, p_w_t2, p_w_u, p_w_n)
                q(state, doc, kind, t1, t2, u, n)
            CROSS JOIN LATERAL (
                SELECT FROM oms.document_v1 x
                WHERE x.tenant = p_tenant AND x.kind = q.kind AND x.t1 = q.t1 AND x.t2 = q.t2
                AND x.u = q.u AND x.n = q.n LIMIT 1
            ) x
            WHERE q.state = -1 AND p_d_kind[q.doc] = 0;
        IF FOUND THEN
            RAISE serialization_failure USING MESSAGE = 'a document is not absent';
        END IF;
    END IF;
    -- Keys are read before anything is locked. A twin that held the locks until now is what speaks
    -- against the item: again, finding its key this time.
    IF v_tried > 0 THEN
        PERFORM FROM unnest(p_key, v_ok) WITH ORDINALITY q(key, ok, i)
            CROSS JOIN LATERAL (
                SELECT FROM oms.command x WHERE x.tenant = p_tenant AND x.key = q.key LIMIT 1
            ) x
            WHERE NOT q.ok AND NOT k_found[p_ends[c_per_item * q.i - 1]];
        IF FOUND THEN
            RAISE serialization_failure USING MESSAGE = 'a key came in between';
        END IF;
    END IF;
    IF NOT v_any THEN RETURN; END IF;

    -- 3. Write. All rows that are there are locked already: what is waited for from here on is a
    -- twin, or a table that somebody has to himself. The setting ends with the transaction. It is
    -- assigned, as PERFORM would be one more statement; nobody reads the column after this.
    body := set_config('lock_timeout', '100ms', true);
    IF n_any THEN
        INSERT INTO oms.unique_name
        SELECT p_tenant, q.kind, q.a, q.b, q.c, q.h_kind, q.h_t1, q.h_t2, q.h_u, q.h_n
        FROM unnest(n_known, p_n_kind, p_n_a, p_n_b, p_n_c, n_kind, n_t1, n_t2, n_u, n_n)
            q(known, kind, a, b, c, h_kind, h_t1, h_t2, h_u, h_n)
        WHERE q.known = 2;
    END IF;
    IF v_any_raised THEN
        INSERT INTO oms.catalogue AS x VALUES (p_tenant, v_catalogue)
        ON CONFLICT (tenant) DO UPDATE SET version = excluded.version;
    END IF;
    IF w_inserted <> 0 OR w_updated <> 0 THEN
        PERFORM oms.write_documents_v1(p_tenant, w_inserted, w_updated, p_w_doc, w_state, p_w_kind,
            p_w_t1, p_w_t2, p_w_u, p_w_n, p_w_version, p_w_schema, p_w_body, p_w_active,
            p_w_personal, p_w_customer, p_w_order, p_w_number, p_w_status, p_w_placed, p_w_since,
            p_w_promised, p_w_channel);
    END IF;
    IF true = ANY (r_dirty) THEN
        UPDATE oms.reservation y
        SET tentative = q.tentative, confirmed = q.confirmed, consumed = q.consumed,
            released = q.released, expired = q.expired, lapsed = q.lapsed, expires_at = q.at,
            version = q.version
        FROM (
            SELECT p_tenant AS tenant, z.*
            FROM unnest(r_dirty, r_stored, r_kind, r_owner, r_name, r_line, r_hub, r_sku,
                r_tentative, r_confirmed, r_consumed, r_released, r_expired, r_lapsed, r_at,
                r_version)
                z(dirty, stored, kind, owner, name, line, hub, sku, tentative, confirmed, consumed,
                released, expired, lapsed, at, version)
            WHERE z.dirty AND z.stored OFFSET 0
        ) q
        WHERE y.tenant = ANY (ARRAY[q.tenant]) AND y.owner_kind = q.kind
        AND y.owner_id = q.owner AND y.owner_name = q.name AND y.line = q.line
        AND y.hub = q.hub AND y.sku = q.sku;
        INSERT INTO oms.reservation
        SELECT p_tenant, q.kind, q.owner, q.name, q.line, q.hub, q.sku, q.tentative, q.confirmed,
            q.consumed, q.released, q.expired, q.lapsed, q.at, q.version
        FROM unnest(r_dirty, r_stored, r_kind, r_owner, r_name, r_line, r_hub, r_sku, r_tentative,
            r_confirmed, r_consumed, r_released, r_expired, r_lapsed, r_at, r_version)
            q(dirty, stored, kind, owner, name, line, hub, sku, tentative, confirmed, consumed,
            released, expired, lapsed, at, version)
        WHERE q.dirty AND NOT q.stored;
    END IF;
    IF true = ANY (k_dirty) THEN
        UPDATE oms.counter y
        SET taken = q.taken
        FROM (
            SELECT p_tenant AS tenant, z.*
            FROM unnest(k_dirty, k_stored, p_k_kind, p_k_a, p_k_b, k_taken)
                z(dirty, stored, kind, a, b, taken)
            WHERE z.dirty AND z.stored OFFSET 0
        ) q
        WHERE y.tenant = ANY (ARRAY[q.tenant]) AND y.kind = q.kind AND y.a = q.a AND y.b = q.b;
        INSERT INTO oms.counter
        SELECT p_tenant, q.kind, q.a, q.b, q.taken
        FROM unnest(k_dirty, k_stored, p_k_kind, p_k_a, p_k_b, k_taken)
            q(dirty, stored, kind, a, b, taken)
        WHERE q.dirty AND NOT q.stored;
    END IF;
    IF true = ANY (s_dirty) THEN
        UPDATE oms.stock_level y
        SET on_hand = q.on_hand, reserved = q.reserved, incoming = q.incoming, safety = q.safety,
            shortfall = greatest(0, q.reserved - q.on_hand), version = q.version
        FROM (
            SELECT p_tenant AS tenant, z.*
            FROM unnest(s_dirty, s_stored, p_s_hub, p_s_sku, s_on_hand, s_reserved, s_incoming,
                s_safety, s_version)
                z(dirty, stored, hub, sku, on_hand, reserved, incoming, safety, version)
            WHERE z.dirty AND z.stored OFFSET 0
        ) q
        WHERE y.tenant = ANY (ARRAY[q.tenant]) AND y.hub = q.hub AND y.sku = q.sku;
        IF false = ANY (s_stored) THEN
            INSERT INTO oms.stock_level
            SELECT p_tenant, q.hub, q.sku, q.on_hand, q.reserved, q.incoming, q.safety,
                greatest(0, q.reserved - q.on_hand), q.version
            FROM unnest(s_dirty, s_stored, p_s_hub, p_s_sku, s_on_hand, s_reserved, s_incoming,
                s_safety, s_version)
                q(dirty, stored, hub, sku, on_hand, reserved, incoming, safety, version)
            WHERE q.dirty AND NOT q.stored;
        END IF;
    END IF;
    IF cardinality(p_m_id) > 0 THEN
        INSERT INTO oms.movement
        SELECT p_tenant, q.id, p_planned[q.item], q.hub, q.sku, q.kind, q.delta, q.for_order,
            q.reason, p_actor[q.item], p_actor_id[q.item], p_reason[q.item], p_request[q.item],
            p_key[q.item], q.transfer
        FROM unnest(p_m_id, p_m_item, p_m_hub, p_m_sku, p_m_kind, p_m_delta, p_m_order, p_m_reason,
            p_m_transfer)
            q(id, item, hub, sku, kind, delta, for_order, reason, transfer)
        WHERE v_ok[q.item] ORDER BY q.id;
    END IF;
    IF cardinality(p_e_body) > 0 THEN
        INSERT INTO oms.event (tenant, stream_kind, stream_id, seq, length, actor_kind, actor_id,
            reason, request_id, command_key, at, body)
        SELECT p_tenant, p_t_kind[q.stream], p_t_id[q.stream], q.seq, q.length, p_actor[q.item],
            p_actor_id[q.item], p_reason[q.item], p_request[q.item], p_key[q.item],
            p_planned[q.item], q.body::json
        FROM (
            SELECT p_e[4 * z.i - 2] AS stream, p_e[4 * z.i - 3] AS item, min(z.seq) AS seq,
                count(*) AS length, '[' || string_agg(z.body, ',' ORDER BY z.seq) || ']' AS body
            FROM unnest(e_seq, p_e_body) WITH ORDINALITY z(seq, body, i)
            WHERE v_ok[p_e[4 * z.i - 3]] GROUP BY 1, 2
        ) q
        ORDER BY q.stream, q.seq;
    END IF;
    IF cardinality(y_item) > 0 THEN
        INSERT INTO oms.event (tenant, stream_kind, stream_id, seq, length, actor_kind, actor_id,
            reason, request_id, command_key, at, body)
        SELECT p_tenant, 'reservation', q.stream, q.seq, 1, 'automatic', NULL, NULL,
            p_request[q.item], p_key[q.item], p_planned[q.item], q.body::json
        FROM unnest(y_item, y_stream, y_seq, y_body) q(item, stream, seq, body)
        ORDER BY q.stream, q.seq;
    END IF;
    IF cardinality(p_j_id) > 0 THEN
        -- By queue and key, so that commits which wait for each other's keys do so in one order.
        INSERT INTO oms.job (tenant, id, queue, kind, payload, run_at, priority, unique_key,
            max_attempts, trace, pushed_at, token)
        SELECT p_tenant, q.id, q.queue, q.kind, q.payload, q.run, q.priority, q.key, q.attempts,
            q.trace, v_now, (extract(epoch FROM v_now) * 1000000)::bigint
        FROM unnest(p_j_id, p_j_item, p_j_queue, p_j_kind, p_j_payload, p_j_run, p_j_priority,
            p_j_unique, p_j_attempts, p_j_trace) WITH ORDINALITY
            q(id, item, queue, kind, payload, run, priority, key, attempts, trace, i)
        WHERE v_ok[q.item] ORDER BY q.queue, q.key, q.i
        ON CONFLICT (tenant, queue, unique_key) WHERE unique_key IS NOT NULL AND state < 4
            DO NOTHING;
    END IF;
    INSERT INTO oms.command
    SELECT p_tenant, q.key, q.fingerprint, q.receipt, v_now
    FROM unnest(p_key, p_fingerprint, p_receipt, v_ok) q(key, fingerprint, receipt, ok)
    WHERE q.ok ORDER BY q.key COLLATE "C";
END $$
