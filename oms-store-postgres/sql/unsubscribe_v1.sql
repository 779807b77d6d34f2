-- Forgets a subscriber; says whether there was one.
CREATE OR REPLACE FUNCTION oms.unsubscribe_v1(p_tenant text, p_name text) RETURNS boolean
LANGUAGE plpgsql SECURITY DEFINER SET search_path = oms, pg_temp
AS $$
BEGIN
    DELETE FROM oms.subscription s WHERE s.tenant = p_tenant AND s.name = p_name;
    RETURN FOUND;
END $$
