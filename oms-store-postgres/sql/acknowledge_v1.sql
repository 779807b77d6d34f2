-- Moves a subscriber from one place to the next, unless it is no longer there; says whether it did.
-- A place that is none is an error: the casts refuse it before anything is stored.
CREATE OR REPLACE FUNCTION oms.acknowledge_v1(
    p_tenant text, p_name text, p_from text, p_to text
) RETURNS boolean
LANGUAGE plpgsql SECURITY DEFINER SET search_path = oms, pg_temp
AS $$
DECLARE
    v_place text;
    v_parts json;
BEGIN
    FOREACH v_place IN ARRAY ARRAY[p_from, p_to] LOOP
        IF left(v_place, 1) = '[' THEN
            v_parts := v_place::json;
            PERFORM (v_parts->>0)::pg_snapshot, (v_parts->>1)::pg_snapshot;
            -- One that a restore left has a fifth.
            IF json_array_length(v_parts) NOT BETWEEN 4 AND 5
                OR v_place = p_to AND json_array_length(v_parts) <> 4
            THEN
                RAISE 'a place in the midst of stock rows has four parts' USING ERRCODE = '22023';
            END IF;
        ELSE
            PERFORM v_place::pg_snapshot;
        END IF;
    END LOOP;
    UPDATE oms.subscription s SET place = p_to
    WHERE s.tenant = p_tenant AND s.name = p_name AND s.place = p_from;
    RETURN FOUND;
END $$
