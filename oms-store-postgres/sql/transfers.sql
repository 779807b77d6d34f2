-- The transfers from a hub ($2) or to one ($3), or from one to another, by id: those that are open
-- ($4 true), those that are over (false), or both (null), from behind an id on ($5), at most so many
-- ($6). The columns are those of document_v1.
--
-- Each part reads one index from where the page begins, in the order of the page. A part that is not
-- asked for reads nothing: what its condition says of parameters alone is looked at first.
SELECT kind, t1, t2, '00000000-0000-0000-0000-000000000000'::uuid AS u, 0::bigint AS n, version,
    schema, body::text AS body, active, false AS personal, NULL::uuid AS customer,
    NULL::uuid AS for_order, NULL::bigint AS number, NULL::text AS status,
    NULL::timestamptz AS placed_at, NULL::timestamptz AS state_since,
    NULL::timestamptz AS promised_by, NULL::text AS channel
FROM (
    (
        SELECT kind, t1, t2, version, schema, body, active FROM oms.document
        WHERE $4::boolean IS NOT FALSE AND kind = 15 AND tenant COLLATE "POSIX" = $1
        AND (body ->> 'from') COLLATE "C" = $2::text AND active AND t1 > $5
        AND ($3::text IS NULL OR (body ->> 'to') COLLATE "C" = $3::text)
        ORDER BY t1 LIMIT $6
    )
    UNION ALL
    (
        SELECT kind, t1, t2, version, schema, body, active FROM oms.document
        WHERE $4::boolean IS NOT TRUE AND kind = 15 AND tenant COLLATE "POSIX" = $1
        AND (body ->> 'from') COLLATE "C" = $2::text AND NOT active AND t1 > $5
        AND ($3::text IS NULL OR (body ->> 'to') COLLATE "C" = $3::text)
        ORDER BY t1 LIMIT $6
    )
    UNION ALL
    (
        SELECT kind, t1, t2, version, schema, body, active FROM oms.document
        WHERE $2::text IS NULL AND $4::boolean IS NOT FALSE AND kind = 15
        AND tenant COLLATE "POSIX" = $1 AND (body ->> 'to') COLLATE "C" = $3::text
        AND active AND t1 > $5
        ORDER BY t1 LIMIT $6
    )
    UNION ALL
    (
        SELECT kind, t1, t2, version, schema, body, active FROM oms.document
        WHERE $2::text IS NULL AND $4::boolean IS NOT TRUE AND kind = 15
        AND tenant COLLATE "POSIX" = $1 AND (body ->> 'to') COLLATE "C" = $3::text
        AND NOT active AND t1 > $5
        ORDER BY t1 LIMIT $6
    )
) found
ORDER BY t1 LIMIT $6
