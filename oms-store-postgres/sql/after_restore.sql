-- Gives every event a number of a transaction that this server has behind it, in the old order, and
-- every subscriber the place that means the same by the new numbers. Run once, after a dump was
-- restored on another server and before anybody works there; nobody else gets in meanwhile.
--
-- The numbers end right below the oldest transaction that is open, in whichever database: places name
-- those as still to come, so an event with such a number would come again and again. Where there are
-- more transactions than numbers, neighbours share one, and are then dealt with together.
--
-- A row that was restored was not written by the transaction that it names; one that was is new here,
-- comes after all that are old, and nobody has seen it. A place points before the first event that
-- was not seen, and names what was open. All stock rows are written anew, so that who follows them
-- gets them all: what changed after its place cannot be told any more. Some things are thus told
-- twice, none is lost.
DO $$
DECLARE
    c_here constant numeric := pg_snapshot_xmin(pg_current_snapshot())::text::numeric;
    v_count numeric;
    v_end numeric;
    v_seen pg_snapshot;
    v_late xid8[];
    s record;
BEGIN
    LOCK TABLE oms.event, oms.subscription, oms.stock_level IN SHARE ROW EXCLUSIVE MODE;
    CREATE TEMPORARY TABLE oms_restored ON COMMIT DROP AS
        SELECT q.fresh, q.xid, row_number() OVER (ORDER BY q.fresh, q.xid) - 1 AS place,
            NULL::numeric AS number
        FROM (
            SELECT DISTINCT e.xid,
                e.xmin::text::numeric = mod(e.xid::text::numeric, 4294967296) AS fresh
            FROM oms.event e
        ) q;
    SELECT count(*) INTO v_count FROM oms_restored;
    UPDATE oms_restored r SET number = CASE WHEN v_count <= c_here - 3
        THEN c_here - v_count + r.place
        ELSE 3 + trunc(r.place * (c_here - 3) / v_count) END;
    CREATE INDEX ON oms_restored (xid, fresh);
    ANALYZE oms_restored;
    UPDATE oms.event e SET xid = r.number::text::xid8
    FROM oms_restored r
    WHERE r.xid = e.xid
        AND r.fresh = (e.xmin::text::numeric = mod(e.xid::text::numeric, 4294967296));
    FOR s IN SELECT u.tenant, u.name, u.place FROM oms.subscription u LOOP
        v_seen := CASE left(s.place, 1) WHEN '[' THEN s.place::json->>0 ELSE s.place END;
        SELECT coalesce(min(r.number), c_here) INTO v_end FROM oms_restored r
        WHERE r.fresh OR r.xid >= pg_snapshot_xmax(v_seen);
        v_late := ARRAY(
            SELECT r.number::text::xid8 FROM oms_restored r
            WHERE NOT r.fresh AND r.xid = ANY (ARRAY(SELECT pg_snapshot_xip(v_seen)))
        );
        UPDATE oms.subscription u SET place = oms.feed_place_v1(v_end, v_late)
        WHERE u.tenant = s.tenant AND u.name = s.name;
    END LOOP;
    UPDATE oms.stock_level SET version = version;
END $$
