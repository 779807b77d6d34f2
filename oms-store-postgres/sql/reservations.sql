-- Claims on stock with their owners in words, for people.
CREATE OR REPLACE VIEW oms.reservations AS
SELECT tenant, CASE owner_kind WHEN 1 THEN 'order' WHEN 2 THEN 'cart' ELSE 'host' END AS owner_kind,
    CASE owner_kind WHEN 3 THEN owner_name ELSE owner_id::text END AS owner, line, hub, sku,
    CASE WHEN tentative > 0 THEN 'tentative' WHEN confirmed > 0 THEN 'confirmed'
        WHEN consumed > 0 THEN 'consumed' WHEN expired > 0 THEN 'expired' ELSE 'released'
    END AS state,
    tentative, confirmed, consumed, released, expired, lapsed, expires_at, version
FROM oms.reservation
