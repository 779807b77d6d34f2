-- Adds to one counter ($2 kind, $3 and $4 its key) by how much it was found to differ ($5). One that
-- is not there is made.
--
-- Shape: as rebuild_stock_row.sql, one statement and one transaction per counter, which holds no
-- other row meanwhile. What is given back below nothing stays at nothing, as in commits: where
-- orders were cancelled between look and change, one more look may find a rest.
WITH changed AS (
    UPDATE oms.counter x SET taken = greatest(0, x.taken + $5::bigint)
    WHERE x.tenant = $1 AND x.kind = $2 AND x.a = $3 AND x.b = $4
    RETURNING 1
)
INSERT INTO oms.counter AS x (tenant, kind, a, b, taken)
SELECT $1::text, $2::smallint, $3::text, $4::text, $5::bigint
WHERE $5::bigint > 0 AND NOT EXISTS (SELECT FROM changed)
ON CONFLICT (tenant, kind, a, b) DO UPDATE SET taken = x.taken + excluded.taken
