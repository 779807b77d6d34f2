-- Makes a subscriber that begins somewhere; says whether it is new.
CREATE OR REPLACE FUNCTION oms.subscribe_v1(
    p_tenant text, p_name text, p_start smallint, p_at timestamptz
) RETURNS boolean
LANGUAGE plpgsql SECURITY DEFINER SET search_path = oms, pg_temp
AS $$
BEGIN
    INSERT INTO oms.subscription
    VALUES (p_tenant, p_name, oms.feed_start_v1(p_tenant, p_start, p_at))
    ON CONFLICT (tenant, name) DO NOTHING;
    RETURN FOUND;
END $$
