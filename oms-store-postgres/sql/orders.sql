-- Orders as people and BI tools read them. A view keeps its name and columns whatever becomes of the tables.
-- promised_by is when the order is late: what was promised, else the end of its delivery slot.
CREATE OR REPLACE VIEW oms.orders AS
SELECT tenant, id, number, status, channel, customer, placed_at, state_since, promised_by, version,
    body->'payment'->>'currency' AS currency, body
FROM oms.order_head
