-- The stock rows that changed after a subscriber's place, with their latest values, by key. The last
-- row holds the step to acknowledge; no row at all says that there is no such subscriber.
--
-- Nothing is written for it where stock changes: a row names the transaction that wrote it last
-- (`xmin`), and what is not visible in the place is new. The number is short by its upper half,
-- which its age gives back; an age below zero is that of a row which nobody touched for two billion
-- transactions. What names a row must be the transaction itself, not a part of it with a savepoint, so
-- no function writes stock inside a block that catches errors. Rows are read by key, so a subscriber in the midst of them has read those before; what
-- changed there meanwhile is not visible in the snapshot at which it began to read.
CREATE OR REPLACE FUNCTION oms.poll_stock_v1(p_tenant text, p_name text, p_limit bigint)
RETURNS TABLE (
    from_place text, to_place text, more boolean, hub text, sku text, on_hand bigint,
    reserved bigint, incoming bigint, safety bigint, shortfall bigint, version bigint
)
LANGUAGE plpgsql STABLE SECURITY DEFINER
SET search_path = oms, pg_temp
SET random_page_cost = 0.1 SET enable_seqscan = off SET enable_hashjoin = off SET enable_mergejoin = off
SET enable_bitmapscan = off SET plan_cache_mode = force_generic_plan SET jit = off
AS $$
#variable_conflict use_column
DECLARE
    c_now constant pg_snapshot := pg_current_snapshot();
    v_end bigint := pg_snapshot_xmax(c_now)::text::bigint;
    -- What a transaction of age zero is called.
    v_newest bigint := v_end + age((v_end % 4294967296)::text::xid);
    v_place text;
    v_midst json;
    v_seen pg_snapshot;
    v_began text := c_now::text;
    v_hub text := '';
    v_sku text := '';
    v_oldest bigint;
    v_count bigint := 0;
    r record;
BEGIN
    SELECT s.place INTO v_place FROM oms.subscription s
    WHERE s.tenant = p_tenant AND s.name = p_name;
    IF NOT FOUND THEN
        RETURN;
    END IF;
    IF left(v_place, 1) = '[' THEN
        v_midst := v_place::json;
        v_seen := coalesce(v_midst->>4, v_midst->>0); v_began := v_midst->>1;
        v_hub := v_midst->>2; v_sku := v_midst->>3;
    ELSE
        v_seen := v_place;
    END IF;
    LOOP
        v_oldest := v_newest - pg_snapshot_xmin(v_seen)::text::bigint;
        to_place := v_began; more := false;
        FOR r IN
            SELECT l.* FROM oms.stock_level l
            WHERE l.tenant = p_tenant AND (l.hub, l.sku) > (v_hub, v_sku)
                AND (v_oldest >= 2147483647 OR age(l.xmin) BETWEEN 0 AND v_oldest)
                AND (age(l.xmin) = 2147483647 OR NOT pg_visible_in_snapshot(
                    (v_newest - age(l.xmin))::text::xid8, v_seen))
            ORDER BY l.hub, l.sku LIMIT p_limit + 1
        LOOP
            IF v_count = p_limit THEN
                to_place := json_build_array(v_seen::text, v_began, hub, sku)::text;
                more := true;
                EXIT;
            END IF;
            v_count := v_count + 1;
            hub := r.hub; sku := r.sku; on_hand := r.on_hand; reserved := r.reserved;
            incoming := r.incoming; safety := r.safety; shortfall := r.shortfall;
            version := r.version;
            from_place := NULL; to_place := NULL;
            RETURN NEXT;
            to_place := v_began;
        END LOOP;
        -- Nothing left of these rows: what changed since they were begun is next.
        EXIT WHEN v_count > 0 OR v_midst IS NULL;
        v_midst := NULL; v_seen := v_began; v_began := c_now::text; v_hub := ''; v_sku := '';
    END LOOP;
    from_place := v_place; hub := NULL;
    RETURN NEXT;
END $$
