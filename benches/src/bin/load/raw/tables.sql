-- Copies of the library's tables with the same columns, keys, indexes, checks and fill factors.
CREATE SCHEMA raw;
DO $$
DECLARE
    v_table record;
BEGIN
    FOR v_table IN
        SELECT relname AS name, reloptions AS options FROM pg_class
        WHERE relnamespace = 'oms'::regnamespace AND relkind = 'r' AND relname IN ('order_head',
            'fulfillment', 'explanation', 'unique_name', 'stock_level', 'reservation', 'movement',
            'event', 'command')
    LOOP
        EXECUTE format('CREATE TABLE raw.%I (LIKE oms.%I INCLUDING ALL)', v_table.name,
            v_table.name);
        IF v_table.options IS NOT NULL THEN
            EXECUTE format('ALTER TABLE raw.%I SET (%s)', v_table.name,
                array_to_string(v_table.options, ', '));
        END IF;
    END LOOP;
END $$;
INSERT INTO raw.stock_level
SELECT tenant, hub, sku, on_hand, 0, incoming, safety, 0, 1 FROM oms.stock_level
ORDER BY tenant, hub, sku;
-- The server's plans for the ceilings are to be as good as it can make them.
ANALYZE raw.stock_level;
