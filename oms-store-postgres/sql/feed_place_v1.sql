-- The snapshot in which every transaction before `p_end` is visible but for those in `p_open`, as
-- text. Numbers, not xid8: PostgreSQL 14 neither adds to those nor finds the least of them.
CREATE OR REPLACE FUNCTION oms.feed_place_v1(p_end numeric, p_open xid8[]) RETURNS text
LANGUAGE sql STABLE SET search_path = oms, pg_temp
AS $$
    SELECT format('%s:%s:%s', least(min(q.x), p_end), p_end, string_agg(q.x::text, ',' ORDER BY q.x))
    FROM (SELECT DISTINCT o::text::numeric AS x FROM unnest(p_open) o) q WHERE q.x < p_end
$$
