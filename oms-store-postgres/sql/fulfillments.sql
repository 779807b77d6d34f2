-- The work on orders at hubs, for people.
CREATE OR REPLACE VIEW oms.fulfillments AS
SELECT tenant, order_id, number, body->>'hub' AS hub, body->>'status' AS status, version, body
FROM oms.fulfillment
