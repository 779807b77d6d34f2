-- Locks the documents that a batch writes or depends on, kind by kind and in the order of the
-- arrays within a kind, and tells their versions and whether they may be used: -1 and false where
-- a document does not exist.
--
-- The catalogue (settings, channels, hubs, zones, products, SKU mappings) is read by every placement
-- and changed rarely, so it has one lock per tenant, which the caller holds: row locks would be written
-- to the log and to the rows for each line of each order. Of the other kinds those that a batch may
-- only depend on have two shapes, FOR NO KEY UPDATE where it writes one of them, else FOR SHARE. One
-- pass per kind, so two batches that write what the other depends on wait for each other in one order.
-- LATERAL with a row lock or a limit cannot be flattened: the outer array drives the look-ups,
-- whatever the planner knows of the tables. An element of kind 0 is not looked for.
CREATE OR REPLACE FUNCTION oms.lock_documents_v1(
    p_tenant text,
    p_used integer,  -- bit k: kind k occurs
    p_written integer,  -- bit k: kind k is written
    p_kind smallint[], p_t1 text[], p_t2 text[], p_u uuid[], p_n bigint[],
    OUT version bigint[], OUT active boolean[]
)
LANGUAGE plpgsql
SET search_path = oms, pg_temp
SET random_page_cost = 0.1 SET enable_seqscan = off SET plan_cache_mode = force_generic_plan SET jit = off
AS $$
DECLARE
    r record;
BEGIN
    version := array_fill(-1::bigint, ARRAY[cardinality(p_kind)]);
    active := array_fill(false, ARRAY[cardinality(p_kind)]);
    IF p_used & 2 <> 0 THEN  -- settings
        FOR r IN
            SELECT k.i, d.version, d.active
            FROM unnest(p_kind) WITH ORDINALITY k(kind, i)
            CROSS JOIN LATERAL (
                SELECT x.version, false AS active FROM oms.settings x
                WHERE x.tenant = p_tenant
                LIMIT 1
            ) d
            WHERE k.kind = 1
        LOOP
            version[r.i] := r.version;
            active[r.i] := r.active;
        END LOOP;
    END IF;
    IF p_used & 4 <> 0 THEN  -- channel
        FOR r IN
            SELECT k.i, d.version, d.active
            FROM unnest(p_kind, p_t1) WITH ORDINALITY k(kind, t1, i)
            CROSS JOIN LATERAL (
                SELECT x.version, coalesce(x.active, false) AS active FROM oms.channel x
                WHERE x.tenant = p_tenant AND x.id = k.t1
                LIMIT 1
            ) d
            WHERE k.kind = 2
        LOOP
            version[r.i] := r.version;
            active[r.i] := r.active;
        END LOOP;
    END IF;
    IF p_used & 8 <> 0 THEN  -- hub
        FOR r IN
            SELECT k.i, d.version, d.active
            FROM unnest(p_kind, p_t1) WITH ORDINALITY k(kind, t1, i)
            CROSS JOIN LATERAL (
                SELECT x.version, coalesce(x.active, false) AS active FROM oms.hub x
                WHERE x.tenant = p_tenant AND x.id = k.t1
                LIMIT 1
            ) d
            WHERE k.kind = 3
        LOOP
            version[r.i] := r.version;
            active[r.i] := r.active;
        END LOOP;
    END IF;
    IF p_used & 16 <> 0 THEN  -- product
        FOR r IN
            SELECT k.i, d.version, d.active
            FROM unnest(p_kind, p_t1) WITH ORDINALITY k(kind, t1, i)
            CROSS JOIN LATERAL (
                SELECT x.version, coalesce(x.active, false) AS active FROM oms.product x
                WHERE x.tenant = p_tenant AND x.sku = k.t1
                LIMIT 1
            ) d
            WHERE k.kind = 4
        LOOP
            version[r.i] := r.version;
            active[r.i] := r.active;
        END LOOP;
    END IF;
    IF p_used & 32 <> 0 THEN  -- sku_mapping
        FOR r IN
            SELECT k.i, d.version, d.active
            FROM unnest(p_kind, p_t1, p_t2) WITH ORDINALITY k(kind, t1, t2, i)
            CROSS JOIN LATERAL (
                SELECT x.version, coalesce(x.active, false) AS active FROM oms.sku_mapping x
                WHERE x.tenant = p_tenant AND x.channel = k.t1 AND x.external = k.t2
                LIMIT 1
            ) d
            WHERE k.kind = 5
        LOOP
            version[r.i] := r.version;
            active[r.i] := r.active;
        END LOOP;
    END IF;
    IF p_written & 64 <> 0 THEN  -- customer
        FOR r IN
            SELECT k.i, d.version, d.active
            FROM unnest(p_kind, p_u) WITH ORDINALITY k(kind, u, i)
            CROSS JOIN LATERAL (
                SELECT x.version, coalesce(x.active, false) AS active FROM oms.customer x
                WHERE x.tenant = p_tenant AND x.id = k.u
                FOR NO KEY UPDATE
            ) d
            WHERE k.kind = 6
        LOOP
            version[r.i] := r.version;
            active[r.i] := r.active;
        END LOOP;
    ELSIF p_used & 64 <> 0 THEN
        FOR r IN
            SELECT k.i, d.version, d.active
            FROM unnest(p_kind, p_u) WITH ORDINALITY k(kind, u, i)
            CROSS JOIN LATERAL (
                SELECT x.version, coalesce(x.active, false) AS active FROM oms.customer x
                WHERE x.tenant = p_tenant AND x.id = k.u
                FOR SHARE
            ) d
            WHERE k.kind = 6
        LOOP
            version[r.i] := r.version;
            active[r.i] := r.active;
        END LOOP;
    END IF;
    IF p_used & 128 <> 0 THEN  -- contact
        FOR r IN
            SELECT k.i, d.version, d.active
            FROM unnest(p_kind, p_u) WITH ORDINALITY k(kind, u, i)
            CROSS JOIN LATERAL (
                SELECT x.version, false AS active FROM oms.contact x
                WHERE x.tenant = p_tenant AND x.id = k.u
                FOR NO KEY UPDATE
            ) d
            WHERE k.kind = 7
        LOOP
            version[r.i] := r.version;
            active[r.i] := r.active;
        END LOOP;
    END IF;
    IF p_used & 256 <> 0 THEN  -- order_head
        FOR r IN
            SELECT k.i, d.version, d.active
            FROM unnest(p_kind, p_u) WITH ORDINALITY k(kind, u, i)
            CROSS JOIN LATERAL (
                SELECT x.version, false AS active FROM oms.order_head x
                WHERE x.tenant = p_tenant AND x.id = k.u
                FOR NO KEY UPDATE
            ) d
            WHERE k.kind = 8
        LOOP
            version[r.i] := r.version;
            active[r.i] := r.active;
        END LOOP;
    END IF;
    IF p_used & 512 <> 0 THEN  -- fulfillment
        FOR r IN
            SELECT k.i, d.version, d.active
            FROM unnest(p_kind, p_u, p_n) WITH ORDINALITY k(kind, u, n, i)
            CROSS JOIN LATERAL (
                SELECT x.version, false AS active FROM oms.fulfillment x
                WHERE x.tenant = p_tenant AND x.order_id = k.u AND x.number = k.n
                FOR NO KEY UPDATE
            ) d
            WHERE k.kind = 9
        LOOP
            version[r.i] := r.version;
            active[r.i] := r.active;
        END LOOP;
    END IF;
    IF p_used & 1024 <> 0 THEN  -- payload
        FOR r IN
            SELECT k.i, d.version, d.active
            FROM unnest(p_kind, p_u) WITH ORDINALITY k(kind, u, i)
            CROSS JOIN LATERAL (
                SELECT x.version, false AS active FROM oms.payload x
                WHERE x.tenant = p_tenant AND x.id = k.u
                FOR NO KEY UPDATE
            ) d
            WHERE k.kind = 10
        LOOP
            version[r.i] := r.version;
            active[r.i] := r.active;
        END LOOP;
    END IF;
    IF p_used & 2048 <> 0 THEN  -- explanation
        FOR r IN
            SELECT k.i, d.version, d.active
            FROM unnest(p_kind, p_u, p_n) WITH ORDINALITY k(kind, u, n, i)
            CROSS JOIN LATERAL (
                SELECT x.version, false AS active FROM oms.explanation x
                WHERE x.tenant = p_tenant AND x.order_id = k.u AND x.order_version = k.n
                FOR NO KEY UPDATE
            ) d
            WHERE k.kind = 11
        LOOP
            version[r.i] := r.version;
            active[r.i] := r.active;
        END LOOP;
    END IF;
    IF p_written & 4096 <> 0 THEN  -- host_document
        FOR r IN
            SELECT k.i, d.version, d.active
            FROM unnest(p_kind, p_t1, p_t2) WITH ORDINALITY k(kind, t1, t2, i)
            CROSS JOIN LATERAL (
                SELECT x.version, coalesce(x.active, false) AS active FROM oms.host_document x
                WHERE x.tenant = p_tenant AND x.kind = k.t1 AND x.id = k.t2
                FOR NO KEY UPDATE
            ) d
            WHERE k.kind = 12
        LOOP
            version[r.i] := r.version;
            active[r.i] := r.active;
        END LOOP;
    ELSIF p_used & 4096 <> 0 THEN
        FOR r IN
            SELECT k.i, d.version, d.active
            FROM unnest(p_kind, p_t1, p_t2) WITH ORDINALITY k(kind, t1, t2, i)
            CROSS JOIN LATERAL (
                SELECT x.version, coalesce(x.active, false) AS active FROM oms.host_document x
                WHERE x.tenant = p_tenant AND x.kind = k.t1 AND x.id = k.t2
                FOR SHARE
            ) d
            WHERE k.kind = 12
        LOOP
            version[r.i] := r.version;
            active[r.i] := r.active;
        END LOOP;
    END IF;
    IF p_used >> 13 <> 0 THEN  -- document: the kinds that came later, by their number
        IF p_written >> 13 <> 0 THEN
            FOR r IN
                SELECT k.i, d.version, d.active
                FROM unnest(p_kind, p_t1, p_t2) WITH ORDINALITY k(kind, t1, t2, i)
                CROSS JOIN LATERAL (
                    SELECT x.version, coalesce(x.active, false) AS active FROM oms.document x
                    WHERE x.tenant = p_tenant AND x.kind = k.kind AND x.t1 = k.t1 AND x.t2 = k.t2
                    FOR NO KEY UPDATE
                ) d
                WHERE k.kind >= 13
            LOOP
                version[r.i] := r.version;
                active[r.i] := r.active;
            END LOOP;
        ELSE
            FOR r IN
                SELECT k.i, d.version, d.active
                FROM unnest(p_kind, p_t1, p_t2) WITH ORDINALITY k(kind, t1, t2, i)
                CROSS JOIN LATERAL (
                    SELECT x.version, coalesce(x.active, false) AS active FROM oms.document x
                    WHERE x.tenant = p_tenant AND x.kind = k.kind AND x.t1 = k.t1 AND x.t2 = k.t2
                    FOR SHARE
                ) d
                WHERE k.kind >= 13
            LOOP
                version[r.i] := r.version;
                active[r.i] := r.active;
            END LOOP;
        END IF;
    END IF;
END $$
