-- Moves a subscriber from one place to the next, unless it is no longer there; says whether it did.
-- A place that is none is an error: the casts refuse it before anything is stored.
CREATE OR REPLACE FUNCTION oms.acknowledge_v1(
    p_tenant text, p_name text, p_from text, p_to text
) RETURNS boolean
LANGUAGE plpgsql SECURITY DEFINER SET search_path = oms, pg_temp
AS $$
DECLARE
    v_to json;
BEGIN
    IF left(p_to, 1) = '[' THEN
        v_to := p_to::json;
        PERFORM (v_to->>0)::pg_snapshot, (v_to->>1)::pg_snapshot;
        IF json_array_length(v_to) <> 4 THEN
            RAISE 'a place in the midst of stock rows has four parts' USING ERRCODE = '22023';
        END IF;
    ELSE
        PERFORM p_to::pg_snapshot;
    END IF;
    UPDATE oms.subscription s SET place = p_to
    WHERE s.tenant = p_tenant AND s.name = p_name AND s.place = p_from;
    RETURN FOUND;
END $$
