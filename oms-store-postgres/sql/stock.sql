-- Stock rows with what can be sold, for people.
CREATE OR REPLACE VIEW oms.stock AS
SELECT tenant, hub, sku, on_hand, reserved, incoming, safety,
    on_hand::bigint - reserved - safety AS available, shortfall, version
FROM oms.stock_level
