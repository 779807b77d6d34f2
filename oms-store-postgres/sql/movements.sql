-- What moved, for people.
CREATE OR REPLACE VIEW oms.movements AS
SELECT tenant, id, at, hub, sku, kind, delta, order_id, reason, actor_kind, actor_id, origin_reason,
    request_id, command_key, transfer
FROM oms.movement
