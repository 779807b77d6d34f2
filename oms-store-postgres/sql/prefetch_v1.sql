-- Answers the keys of a plan in one round trip and as of one moment: STABLE, so every statement
-- inside sees the snapshot of the calling one. One wide row per thing found; `shape` says which
-- columns count:
--   0 the clock (t1), the version of the catalogue (n1)        1 a document, as in document_v1      2 a stock row (a hub, b SKU; n1 on
--   hand, n2 reserved, n3 incoming, n4 safety, n5 shortfall, n6 version, n7 reclaimable)
--   3 a name (n1 its place in the arrays; n2 kind, a, b, u, n of the holder)   4 a reservation
--   (n8 owner kind, u owner, c owner name, n7 line, a hub, b SKU, n1..n6 units, n version, t1 end)
--   5 a command (n1 its place; bytes fingerprint, body receipt, t1 time)
--   6 a counter (n1 its place; n2 what is taken)
-- A thing that two keys ask for comes twice.
CREATE OR REPLACE FUNCTION oms.prefetch_v1(
    p_tenant text, p_now timestamptz,
    p_d_kind smallint[], p_d_t1 text[], p_d_t2 text[], p_d_u uuid[], p_d_n bigint[],
    p_orders uuid[], p_hubs boolean,
    p_s_hub text[], p_s_sku text[], p_skus text[],
    p_n_kind smallint[], p_n_a text[], p_n_b text[], p_n_c text[],
    p_o_kind smallint[], p_o_id uuid[], p_o_name text[],
    p_commands text[],
    p_k_kind smallint[], p_k_a text[], p_k_b text[]
)
RETURNS TABLE (
    shape smallint, kind smallint, a text, b text, c text, u uuid, n bigint, version bigint,
    schema smallint, body text, active boolean, personal boolean, customer uuid, for_order uuid,
    number bigint, status text, channel text, t1 timestamptz, t2 timestamptz, t3 timestamptz,
    n1 bigint, n2 bigint, n3 bigint, n4 bigint, n5 bigint, n6 bigint, n7 bigint, n8 smallint,
    bytes bytea
)
LANGUAGE plpgsql STABLE SECURITY DEFINER ROWS 100
SET search_path = oms, pg_temp
SET random_page_cost = 0.1 SET enable_seqscan = off SET enable_hashjoin = off SET enable_mergejoin = off
SET plan_cache_mode = force_generic_plan SET jit = off
AS $$
#variable_conflict use_column
DECLARE
    v_now timestamptz := coalesce(p_now, clock_timestamp());
    v_orders uuid[] := p_orders;
    v_kind smallint[] := p_d_kind; v_t1 text[] := p_d_t1; v_t2 text[] := p_d_t2;
    v_u uuid[] := p_d_u; v_n bigint[] := p_d_n;
    v_o_kind smallint[] := p_o_kind; v_o_id uuid[] := p_o_id; v_o_name text[] := p_o_name;
    r record;
BEGIN
    shape := 0; t1 := v_now;
    n1 := coalesce((SELECT x.version FROM oms.catalogue x WHERE x.tenant = p_tenant), 0);
    RETURN NEXT;
    IF cardinality(p_n_kind) > 0 THEN
        FOR r IN
            SELECT q.i, x.* FROM unnest(p_n_kind, p_n_a, p_n_b, p_n_c) WITH ORDINALITY
                q(kind, a, b, c, i)
            CROSS JOIN LATERAL (
                SELECT y.* FROM oms.unique_name y WHERE y.tenant = p_tenant AND y.kind = q.kind
                AND y.a = q.a AND y.b = q.b AND y.c = q.c LIMIT 1
            ) x
        LOOP
            shape := 3; t1 := NULL; n1 := r.i; n2 := r.holder_kind;
            a := r.holder_t1; b := r.holder_t2; u := r.holder_u; n := r.holder_n; RETURN NEXT;
            IF r.holder_kind = 8 THEN
                v_orders := v_orders || r.holder_u;
            ELSE
                v_kind := v_kind || r.holder_kind; v_t1 := v_t1 || r.holder_t1;
                v_t2 := v_t2 || r.holder_t2; v_u := v_u || r.holder_u; v_n := v_n || r.holder_n;
            END IF;
        END LOOP;
    END IF;
    RETURN QUERY SELECT 1::smallint, 1::smallint, '', '', NULL::text,
        '00000000-0000-0000-0000-000000000000'::uuid, 0::bigint, x.version, x.schema, x.body::text,
        NULL::boolean, false, NULL::uuid, NULL::uuid, NULL::bigint, NULL::text, NULL::text,
        NULL::timestamptz, NULL::timestamptz, NULL::timestamptz, NULL::bigint, NULL::bigint,
        NULL::bigint, NULL::bigint, NULL::bigint, NULL::bigint, NULL::bigint, NULL::smallint,
        NULL::bytea
    FROM oms.settings x WHERE x.tenant = p_tenant;
    IF cardinality(v_orders) > 0 THEN
        RETURN QUERY SELECT 1::smallint, x.kind, x.t1, x.t2, NULL::text, x.u, x.n, x.version,
            x.schema, x.body, x.active, x.personal, x.customer, x.for_order, x.number, x.status,
            x.channel, x.placed_at, x.state_since, x.promised_by, NULL::bigint, NULL::bigint,
            NULL::bigint, NULL::bigint, NULL::bigint, NULL::bigint, NULL::bigint, NULL::smallint,
            NULL::bytea
        FROM unnest(v_orders) q(id)
        CROSS JOIN LATERAL (
            SELECT * FROM oms.document_v1 y
            WHERE y.kind IN (8, 9) AND y.tenant = p_tenant AND y.u = q.id OFFSET 0
        ) x;
        FOR i IN 1..cardinality(v_orders) LOOP
            v_o_kind := v_o_kind || 1::smallint; v_o_id := v_o_id || v_orders[i];
            v_o_name := v_o_name || ''::text;
        END LOOP;
    END IF;
    IF cardinality(v_kind) > 0 THEN
        RETURN QUERY SELECT 1::smallint, x.kind, x.t1, x.t2, NULL::text, x.u, x.n, x.version,
            x.schema, x.body, x.active, x.personal, x.customer, x.for_order, x.number, x.status,
            x.channel, x.placed_at, x.state_since, x.promised_by, NULL::bigint, NULL::bigint,
            NULL::bigint, NULL::bigint, NULL::bigint, NULL::bigint, NULL::bigint, NULL::smallint,
            NULL::bytea
        FROM unnest(v_kind, v_t1, v_t2, v_u, v_n) q(kind, t1, t2, u, n)
        CROSS JOIN LATERAL (
            SELECT * FROM oms.document_v1 y
            WHERE y.tenant = p_tenant AND y.kind = q.kind AND y.t1 = q.t1 AND y.t2 = q.t2
            AND y.u = q.u AND y.n = q.n LIMIT 1
        ) x;
    END IF;
    IF p_hubs THEN
        RETURN QUERY SELECT 1::smallint, 3::smallint, x.id, '', NULL::text,
            '00000000-0000-0000-0000-000000000000'::uuid, 0::bigint, x.version, x.schema,
            x.body::text, x.active, false, NULL::uuid, NULL::uuid, NULL::bigint, NULL::text,
            NULL::text, NULL::timestamptz, NULL::timestamptz, NULL::timestamptz, NULL::bigint,
            NULL::bigint, NULL::bigint, NULL::bigint, NULL::bigint, NULL::bigint, NULL::bigint,
            NULL::smallint, NULL::bytea
        FROM oms.hub x WHERE x.tenant = p_tenant;
    END IF;
    IF cardinality(p_s_hub) > 0 OR cardinality(p_skus) > 0 THEN
        RETURN QUERY SELECT 2::smallint, NULL::smallint, x.hub, x.sku, NULL::text, NULL::uuid,
            NULL::bigint, NULL::bigint, NULL::smallint, NULL::text, NULL::boolean, NULL::boolean,
            NULL::uuid, NULL::uuid, NULL::bigint, NULL::text, NULL::text, NULL::timestamptz,
            NULL::timestamptz, NULL::timestamptz, x.on_hand::bigint, x.reserved::bigint,
            x.incoming::bigint, x.safety::bigint, x.shortfall::bigint, x.version,
            CASE WHEN x.reserved > 0 THEN (
                SELECT sum(y.tentative) FROM oms.reservation y
                WHERE y.tenant = p_tenant AND y.hub = x.hub AND y.sku = x.sku AND y.tentative > 0
                AND y.expires_at <= v_now
            ) END, NULL::smallint, NULL::bytea
        FROM (
            SELECT y.* FROM unnest(p_s_hub, p_s_sku) q(hub, sku)
            CROSS JOIN LATERAL (
                SELECT * FROM oms.stock_level z
                WHERE z.tenant = p_tenant AND z.hub = q.hub AND z.sku = q.sku LIMIT 1
            ) y
            UNION ALL
            SELECT y.* FROM unnest(p_skus) q(sku)
            CROSS JOIN LATERAL (
                SELECT * FROM oms.stock_level z
                WHERE z.tenant = p_tenant AND z.sku = q.sku OFFSET 0
            ) y
        ) x;
    END IF;
    IF cardinality(v_o_kind) > 0 THEN
        RETURN QUERY SELECT 4::smallint, NULL::smallint, x.hub, x.sku, x.owner_name, x.owner_id,
            NULL::bigint, x.version, NULL::smallint, NULL::text, NULL::boolean, NULL::boolean,
            NULL::uuid, NULL::uuid, NULL::bigint, NULL::text, NULL::text, x.expires_at,
            NULL::timestamptz, NULL::timestamptz, x.tentative::bigint, x.confirmed::bigint,
            x.consumed::bigint, x.released::bigint, x.expired::bigint, x.lapsed::bigint,
            x.line::bigint, x.owner_kind, NULL::bytea
        FROM unnest(v_o_kind, v_o_id, v_o_name) q(kind, id, name)
        CROSS JOIN LATERAL (
            SELECT * FROM oms.reservation y
            WHERE y.tenant = p_tenant AND y.owner_kind = q.kind AND y.owner_id = q.id
            AND y.owner_name = q.name OFFSET 0
        ) x;
    END IF;
    IF cardinality(p_commands) > 0 THEN
        RETURN QUERY SELECT 5::smallint, NULL::smallint, NULL::text, NULL::text, NULL::text,
            NULL::uuid, NULL::bigint, NULL::bigint, NULL::smallint, x.receipt, NULL::boolean,
            NULL::boolean, NULL::uuid, NULL::uuid, NULL::bigint, NULL::text, NULL::text, x.at,
            NULL::timestamptz, NULL::timestamptz, q.i, NULL::bigint, NULL::bigint, NULL::bigint,
            NULL::bigint, NULL::bigint, NULL::bigint, NULL::smallint, x.fingerprint
        FROM unnest(p_commands) WITH ORDINALITY q(key, i)
        CROSS JOIN LATERAL (
            SELECT * FROM oms.command y WHERE y.tenant = p_tenant AND y.key = q.key LIMIT 1
        ) x;
    END IF;
    IF cardinality(p_k_kind) > 0 THEN
        RETURN QUERY SELECT 6::smallint, NULL::smallint, NULL::text, NULL::text, NULL::text,
            NULL::uuid, NULL::bigint, NULL::bigint, NULL::smallint, NULL::text, NULL::boolean,
            NULL::boolean, NULL::uuid, NULL::uuid, NULL::bigint, NULL::text, NULL::text,
            NULL::timestamptz, NULL::timestamptz, NULL::timestamptz, q.i, x.taken::bigint,
            NULL::bigint, NULL::bigint, NULL::bigint, NULL::bigint, NULL::bigint, NULL::smallint,
            NULL::bytea
        FROM unnest(p_k_kind, p_k_a, p_k_b) WITH ORDINALITY q(kind, a, b, i)
        CROSS JOIN LATERAL (
            SELECT * FROM oms.counter y
            WHERE y.tenant = p_tenant AND y.kind = q.kind AND y.a = q.a AND y.b = q.b LIMIT 1
        ) x;
    END IF;
END $$
