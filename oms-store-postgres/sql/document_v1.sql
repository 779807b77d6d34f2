-- Every document in one shape, for reading: the kind, the key in the columns t1, t2, u and n (unused
-- ones empty), version, schema, body, index columns. A constant or joined kind leaves the other
-- branches out (one-time filters), so a look-up by key reads one index.
CREATE OR REPLACE VIEW oms.document_v1 AS
SELECT 1::smallint AS kind, tenant, ''::text COLLATE "C" AS t1, ''::text COLLATE "C" AS t2,
    '00000000-0000-0000-0000-000000000000'::uuid AS u, 0::bigint AS n, version, schema,
    body::text AS body, NULL::boolean AS active, false AS personal, NULL::uuid AS customer,
    NULL::uuid AS for_order, NULL::bigint AS number, NULL::text AS status, NULL::timestamptz AS
    placed_at, NULL::timestamptz AS state_since, NULL::timestamptz AS promised_by, NULL::text AS
    channel
FROM oms.settings
UNION ALL
SELECT 2::smallint AS kind, tenant, id AS t1, ''::text COLLATE "C" AS t2,
    '00000000-0000-0000-0000-000000000000'::uuid AS u, 0::bigint AS n, version, schema,
    body::text AS body, active AS active, false AS personal, NULL::uuid AS customer, NULL::uuid
    AS for_order, NULL::bigint AS number, NULL::text AS status, NULL::timestamptz AS placed_at,
    NULL::timestamptz AS state_since, NULL::timestamptz AS promised_by, NULL::text AS channel
FROM oms.channel
UNION ALL
SELECT 3::smallint AS kind, tenant, id AS t1, ''::text COLLATE "C" AS t2,
    '00000000-0000-0000-0000-000000000000'::uuid AS u, 0::bigint AS n, version, schema,
    body::text AS body, active AS active, false AS personal, NULL::uuid AS customer, NULL::uuid
    AS for_order, NULL::bigint AS number, NULL::text AS status, NULL::timestamptz AS placed_at,
    NULL::timestamptz AS state_since, NULL::timestamptz AS promised_by, NULL::text AS channel
FROM oms.hub
UNION ALL
SELECT 4::smallint AS kind, tenant, sku AS t1, ''::text COLLATE "C" AS t2,
    '00000000-0000-0000-0000-000000000000'::uuid AS u, 0::bigint AS n, version, schema,
    body::text AS body, active AS active, false AS personal, NULL::uuid AS customer, NULL::uuid
    AS for_order, NULL::bigint AS number, NULL::text AS status, NULL::timestamptz AS placed_at,
    NULL::timestamptz AS state_since, NULL::timestamptz AS promised_by, NULL::text AS channel
FROM oms.product
UNION ALL
SELECT 5::smallint AS kind, tenant, channel AS t1, external AS t2,
    '00000000-0000-0000-0000-000000000000'::uuid AS u, 0::bigint AS n, version, schema,
    body::text AS body, active AS active, false AS personal, NULL::uuid AS customer, NULL::uuid
    AS for_order, NULL::bigint AS number, NULL::text AS status, NULL::timestamptz AS placed_at,
    NULL::timestamptz AS state_since, NULL::timestamptz AS promised_by, NULL::text AS channel
FROM oms.sku_mapping
UNION ALL
SELECT 6::smallint AS kind, tenant, ''::text COLLATE "C" AS t1, ''::text COLLATE "C" AS t2, id
    AS u, 0::bigint AS n, version, schema, body::text AS body, active AS active, false AS
    personal, NULL::uuid AS customer, NULL::uuid AS for_order, NULL::bigint AS number,
    NULL::text AS status, NULL::timestamptz AS placed_at, NULL::timestamptz AS state_since,
    NULL::timestamptz AS promised_by, NULL::text AS channel
FROM oms.customer
UNION ALL
SELECT 7::smallint AS kind, tenant, ''::text COLLATE "C" AS t1, ''::text COLLATE "C" AS t2, id
    AS u, 0::bigint AS n, version, schema, body::text AS body, NULL::boolean AS active, personal
    AS personal, customer AS customer, order_id AS for_order, NULL::bigint AS number, NULL::text
    AS status, NULL::timestamptz AS placed_at, NULL::timestamptz AS state_since,
    NULL::timestamptz AS promised_by, NULL::text AS channel
FROM oms.contact
UNION ALL
SELECT 8::smallint AS kind, tenant, ''::text COLLATE "C" AS t1, ''::text COLLATE "C" AS t2, id
    AS u, 0::bigint AS n, version, schema, body::text AS body, NULL::boolean AS active, false AS
    personal, customer AS customer, NULL::uuid AS for_order, number AS number, status AS status,
    placed_at AS placed_at, state_since AS state_since, promised_by AS promised_by, channel AS
    channel
FROM oms.order_head
UNION ALL
SELECT 9::smallint AS kind, tenant, ''::text COLLATE "C" AS t1, ''::text COLLATE "C" AS t2,
    order_id AS u, number AS n, version, schema, body::text AS body, NULL::boolean AS active,
    false AS personal, NULL::uuid AS customer, NULL::uuid AS for_order, NULL::bigint AS number,
    NULL::text AS status, NULL::timestamptz AS placed_at, NULL::timestamptz AS state_since,
    NULL::timestamptz AS promised_by, NULL::text AS channel
FROM oms.fulfillment
UNION ALL
SELECT 10::smallint AS kind, tenant, ''::text COLLATE "C" AS t1, ''::text COLLATE "C" AS t2, id
    AS u, 0::bigint AS n, version, schema, body::text AS body, NULL::boolean AS active, personal
    AS personal, customer AS customer, order_id AS for_order, NULL::bigint AS number, NULL::text
    AS status, NULL::timestamptz AS placed_at, NULL::timestamptz AS state_since,
    NULL::timestamptz AS promised_by, NULL::text AS channel
FROM oms.payload
UNION ALL
SELECT 11::smallint AS kind, tenant, ''::text COLLATE "C" AS t1, ''::text COLLATE "C" AS t2,
    order_id AS u, order_version AS n, version, schema, body::text AS body, NULL::boolean AS
    active, false AS personal, NULL::uuid AS customer, NULL::uuid AS for_order, NULL::bigint AS
    number, NULL::text AS status, NULL::timestamptz AS placed_at, NULL::timestamptz AS
    state_since, NULL::timestamptz AS promised_by, NULL::text AS channel
FROM oms.explanation
UNION ALL
SELECT 12::smallint AS kind, tenant, kind AS t1, id AS t2,
    '00000000-0000-0000-0000-000000000000'::uuid AS u, 0::bigint AS n, version, schema,
    body::text AS body, active AS active, personal AS personal, customer AS customer, order_id
    AS for_order, NULL::bigint AS number, NULL::text AS status, NULL::timestamptz AS placed_at,
    NULL::timestamptz AS state_since, NULL::timestamptz AS promised_by, NULL::text AS channel
FROM oms.host_document
UNION ALL
SELECT kind, tenant, t1, t2, '00000000-0000-0000-0000-000000000000'::uuid AS u, 0::bigint AS n,
    version, schema, body::text AS body, active AS active, false AS personal, NULL::uuid AS
    customer, NULL::uuid AS for_order, NULL::bigint AS number, NULL::text AS status,
    NULL::timestamptz AS placed_at, NULL::timestamptz AS state_since, NULL::timestamptz AS
    promised_by, NULL::text AS channel
FROM oms.document
