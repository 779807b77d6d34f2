-- Sets a subscriber to another start; says whether there is one.
CREATE OR REPLACE FUNCTION oms.rewind_v1(
    p_tenant text, p_name text, p_start smallint, p_at timestamptz
) RETURNS boolean
LANGUAGE plpgsql SECURITY DEFINER SET search_path = oms, pg_temp
AS $$
BEGIN
    UPDATE oms.subscription s SET place = oms.feed_start_v1(p_tenant, p_start, p_at)
    WHERE s.tenant = p_tenant AND s.name = p_name;
    RETURN FOUND;
END $$
