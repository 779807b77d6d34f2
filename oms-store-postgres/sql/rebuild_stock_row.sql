-- Adds to the counters of one stock row ($2 hub, $3 SKU) by how much they were found to differ: $4
-- on hand, $5 reserved. A row that is not there is made.
--
-- Shape: one statement and one transaction per row. It waits for a commit that holds the row, and
-- then adds to what that commit left; it holds no other row meanwhile, so nobody can wait for it in
-- a circle, in whatever order commits lock theirs. Only the one row is kept from others, for as long
-- as one update takes. The version rises, so whoever follows stock rows gets the row. The update
-- comes first: the row to be inserted is checked before anybody looks whether there is one.
WITH changed AS (
    UPDATE oms.stock_level x
    SET on_hand = x.on_hand + $4::bigint, reserved = x.reserved + $5::bigint,
        shortfall = greatest(0, x.reserved + $5::bigint - x.on_hand - $4::bigint),
        version = x.version + 1
    WHERE x.tenant = $1 AND x.hub = $2 AND x.sku = $3
    RETURNING 1
)
INSERT INTO oms.stock_level AS x (tenant, hub, sku, on_hand, reserved, incoming, safety, shortfall,
    version)
SELECT $1::text, $2::text, $3::text, $4::bigint, $5::bigint, 0, 0,
    greatest(0, $5::bigint - $4::bigint), 1
WHERE NOT EXISTS (SELECT FROM changed)
ON CONFLICT (tenant, hub, sku) DO UPDATE
SET on_hand = x.on_hand + excluded.on_hand, reserved = x.reserved + excluded.reserved,
    shortfall = greatest(0, x.reserved + excluded.reserved - x.on_hand - excluded.on_hand),
    version = x.version + 1
