-- Writes the documents of a batch, each row once, in key order per kind. `p_state` says what to do
-- with each element: 0 nothing, 1 insert, 2 update, 3 update and keep the body (the row keeps its
-- pointer to a body that is stored out of line, so a large body is not written again). Updates look
-- rows up as those of commit_v1 do.
CREATE OR REPLACE FUNCTION oms.write_documents_v1(
    p_tenant text,
    p_inserted integer,  -- bit k: a document of kind k is inserted
    p_updated integer,  -- bit k: a document of kind k is updated
    p_doc integer[],  -- sorts as the keys do
    p_state smallint[],
    p_kind smallint[], p_t1 text[], p_t2 text[], p_u uuid[], p_n bigint[],
    p_version bigint[], p_schema smallint[], p_body text[],
    p_active smallint[],  -- -1 null, 0 false, 1 true
    p_personal boolean[], p_customer uuid[], p_order uuid[],
    p_number bigint[], p_status text[], p_placed timestamptz[], p_since timestamptz[],
    p_promised timestamptz[], p_channel text[]
) RETURNS void
LANGUAGE plpgsql
SET search_path = oms, pg_temp
SET random_page_cost = 0.1 SET enable_seqscan = off SET enable_hashjoin = off SET enable_mergejoin = off
SET plan_cache_mode = force_generic_plan SET jit = off
AS $$
BEGIN
    IF p_inserted & 2 <> 0 THEN  -- settings
        INSERT INTO oms.settings (tenant, version, schema, body)
        SELECT p_tenant, w.version, w.schema, w.body::json
        FROM unnest(p_doc, p_state, p_kind, p_version, p_schema, p_body) w(doc, state, kind,
            version, schema, body)
        WHERE w.kind = 1 AND w.state = 1 ORDER BY w.doc;
    END IF;
    IF p_updated & 2 <> 0 THEN
        UPDATE oms.settings x
        SET version = w.version, schema = CASE WHEN w.state = 3 THEN x.schema ELSE w.schema END,
            body = CASE WHEN w.state = 3 THEN x.body ELSE w.body::json END
        FROM (
            SELECT p_tenant AS tenant, w.*
            FROM unnest(p_doc, p_state, p_kind, p_version, p_schema, p_body) w(doc, state, kind,
            version, schema, body)
            WHERE w.kind = 1 AND w.state >= 2 OFFSET 0
        ) w
        WHERE x.tenant = ANY (ARRAY[w.tenant]);
    END IF;
    IF p_inserted & 4 <> 0 THEN  -- channel
        INSERT INTO oms.channel (tenant, id, version, schema, body, active)
        SELECT p_tenant, w.t1, w.version, w.schema, w.body::json, nullif(w.active,
            -1)::integer::boolean
        FROM unnest(p_doc, p_state, p_kind, p_t1, p_version, p_schema, p_body, p_active) w(doc,
            state, kind, t1, version, schema, body, active)
        WHERE w.kind = 2 AND w.state = 1 ORDER BY w.doc;
    END IF;
    IF p_updated & 4 <> 0 THEN
        UPDATE oms.channel x
        SET version = w.version, schema = CASE WHEN w.state = 3 THEN x.schema ELSE w.schema END,
            body = CASE WHEN w.state = 3 THEN x.body ELSE w.body::json END, active =
            nullif(w.active, -1)::integer::boolean
        FROM (
            SELECT p_tenant AS tenant, w.*
            FROM unnest(p_doc, p_state, p_kind, p_t1, p_version, p_schema, p_body, p_active) w(doc,
            state, kind, t1, version, schema, body, active)
            WHERE w.kind = 2 AND w.state >= 2 OFFSET 0
        ) w
        WHERE x.tenant = ANY (ARRAY[w.tenant]) AND x.id = w.t1;
    END IF;
    IF p_inserted & 8 <> 0 THEN  -- hub
        INSERT INTO oms.hub (tenant, id, version, schema, body, active)
        SELECT p_tenant, w.t1, w.version, w.schema, w.body::json, nullif(w.active,
            -1)::integer::boolean
        FROM unnest(p_doc, p_state, p_kind, p_t1, p_version, p_schema, p_body, p_active) w(doc,
            state, kind, t1, version, schema, body, active)
        WHERE w.kind = 3 AND w.state = 1 ORDER BY w.doc;
    END IF;
    IF p_updated & 8 <> 0 THEN
        UPDATE oms.hub x
        SET version = w.version, schema = CASE WHEN w.state = 3 THEN x.schema ELSE w.schema END,
            body = CASE WHEN w.state = 3 THEN x.body ELSE w.body::json END, active =
            nullif(w.active, -1)::integer::boolean
        FROM (
            SELECT p_tenant AS tenant, w.*
            FROM unnest(p_doc, p_state, p_kind, p_t1, p_version, p_schema, p_body, p_active) w(doc,
            state, kind, t1, version, schema, body, active)
            WHERE w.kind = 3 AND w.state >= 2 OFFSET 0
        ) w
        WHERE x.tenant = ANY (ARRAY[w.tenant]) AND x.id = w.t1;
    END IF;
    IF p_inserted & 16 <> 0 THEN  -- product
        INSERT INTO oms.product (tenant, sku, version, schema, body, active)
        SELECT p_tenant, w.t1, w.version, w.schema, w.body::json, nullif(w.active,
            -1)::integer::boolean
        FROM unnest(p_doc, p_state, p_kind, p_t1, p_version, p_schema, p_body, p_active) w(doc,
            state, kind, t1, version, schema, body, active)
        WHERE w.kind = 4 AND w.state = 1 ORDER BY w.doc;
    END IF;
    IF p_updated & 16 <> 0 THEN
        UPDATE oms.product x
        SET version = w.version, schema = CASE WHEN w.state = 3 THEN x.schema ELSE w.schema END,
            body = CASE WHEN w.state = 3 THEN x.body ELSE w.body::json END, active =
            nullif(w.active, -1)::integer::boolean
        FROM (
            SELECT p_tenant AS tenant, w.*
            FROM unnest(p_doc, p_state, p_kind, p_t1, p_version, p_schema, p_body, p_active) w(doc,
            state, kind, t1, version, schema, body, active)
            WHERE w.kind = 4 AND w.state >= 2 OFFSET 0
        ) w
        WHERE x.tenant = ANY (ARRAY[w.tenant]) AND x.sku = w.t1;
    END IF;
    IF p_inserted & 32 <> 0 THEN  -- sku_mapping
        INSERT INTO oms.sku_mapping (tenant, channel, external, version, schema, body, active)
        SELECT p_tenant, w.t1, w.t2, w.version, w.schema, w.body::json, nullif(w.active,
            -1)::integer::boolean
        FROM unnest(p_doc, p_state, p_kind, p_t1, p_t2, p_version, p_schema, p_body, p_active)
            w(doc, state, kind, t1, t2, version, schema, body, active)
        WHERE w.kind = 5 AND w.state = 1 ORDER BY w.doc;
    END IF;
    IF p_updated & 32 <> 0 THEN
        UPDATE oms.sku_mapping x
        SET version = w.version, schema = CASE WHEN w.state = 3 THEN x.schema ELSE w.schema END,
            body = CASE WHEN w.state = 3 THEN x.body ELSE w.body::json END, active =
            nullif(w.active, -1)::integer::boolean
        FROM (
            SELECT p_tenant AS tenant, w.*
            FROM unnest(p_doc, p_state, p_kind, p_t1, p_t2, p_version, p_schema, p_body, p_active)
            w(doc, state, kind, t1, t2, version, schema, body, active)
            WHERE w.kind = 5 AND w.state >= 2 OFFSET 0
        ) w
        WHERE x.tenant = ANY (ARRAY[w.tenant]) AND x.channel = w.t1 AND x.external = w.t2;
    END IF;
    IF p_inserted & 64 <> 0 THEN  -- customer
        INSERT INTO oms.customer (tenant, id, version, schema, body, active)
        SELECT p_tenant, w.u, w.version, w.schema, w.body::json, nullif(w.active,
            -1)::integer::boolean
        FROM unnest(p_doc, p_state, p_kind, p_u, p_version, p_schema, p_body, p_active) w(doc,
            state, kind, u, version, schema, body, active)
        WHERE w.kind = 6 AND w.state = 1 ORDER BY w.doc;
    END IF;
    IF p_updated & 64 <> 0 THEN
        UPDATE oms.customer x
        SET version = w.version, schema = CASE WHEN w.state = 3 THEN x.schema ELSE w.schema END,
            body = CASE WHEN w.state = 3 THEN x.body ELSE w.body::json END, active =
            nullif(w.active, -1)::integer::boolean
        FROM (
            SELECT p_tenant AS tenant, w.*
            FROM unnest(p_doc, p_state, p_kind, p_u, p_version, p_schema, p_body, p_active) w(doc,
            state, kind, u, version, schema, body, active)
            WHERE w.kind = 6 AND w.state >= 2 OFFSET 0
        ) w
        WHERE x.tenant = ANY (ARRAY[w.tenant]) AND x.id = w.u;
    END IF;
    IF p_inserted & 128 <> 0 THEN  -- contact
        INSERT INTO oms.contact (tenant, id, version, schema, body, personal, customer,
            order_id)
        SELECT p_tenant, w.u, w.version, w.schema, w.body::json, w.personal, w.customer,
            w.for_order
        FROM unnest(p_doc, p_state, p_kind, p_u, p_version, p_schema, p_body, p_personal,
            p_customer, p_order) w(doc, state, kind, u, version, schema, body, personal,
            customer, for_order)
        WHERE w.kind = 7 AND w.state = 1 ORDER BY w.doc;
    END IF;
    IF p_updated & 128 <> 0 THEN
        UPDATE oms.contact x
        SET version = w.version, schema = CASE WHEN w.state = 3 THEN x.schema ELSE w.schema END,
            body = CASE WHEN w.state = 3 THEN x.body ELSE w.body::json END, personal =
            w.personal, customer = w.customer, order_id = w.for_order
        FROM (
            SELECT p_tenant AS tenant, w.*
            FROM unnest(p_doc, p_state, p_kind, p_u, p_version, p_schema, p_body, p_personal,
            p_customer, p_order) w(doc, state, kind, u, version, schema, body, personal,
            customer, for_order)
            WHERE w.kind = 7 AND w.state >= 2 OFFSET 0
        ) w
        WHERE x.tenant = ANY (ARRAY[w.tenant]) AND x.id = w.u;
    END IF;
    IF p_inserted & 256 <> 0 THEN  -- order_head
        INSERT INTO oms.order_head (tenant, id, version, schema, body, number, status,
            placed_at, state_since, promised_by, channel, customer)
        SELECT p_tenant, w.u, w.version, w.schema, w.body::json, w.number, w.status, w.placed,
            w.since, w.promised, w.channel, w.customer
        FROM unnest(p_doc, p_state, p_kind, p_u, p_version, p_schema, p_body, p_number,
            p_status, p_placed, p_since, p_promised, p_channel, p_customer) w(doc, state, kind,
            u, version, schema, body, number, status, placed, since, promised, channel,
            customer)
        WHERE w.kind = 8 AND w.state = 1 ORDER BY w.doc;
    END IF;
    IF p_updated & 256 <> 0 THEN
        UPDATE oms.order_head x
        SET version = w.version, schema = CASE WHEN w.state = 3 THEN x.schema ELSE w.schema END,
            body = CASE WHEN w.state = 3 THEN x.body ELSE w.body::json END, number = w.number,
            status = w.status, placed_at = w.placed, state_since = w.since, promised_by =
            w.promised, channel = w.channel, customer = w.customer
        FROM (
            SELECT p_tenant AS tenant, w.*
            FROM unnest(p_doc, p_state, p_kind, p_u, p_version, p_schema, p_body, p_number,
            p_status, p_placed, p_since, p_promised, p_channel, p_customer) w(doc, state, kind,
            u, version, schema, body, number, status, placed, since, promised, channel,
            customer)
            WHERE w.kind = 8 AND w.state >= 2 OFFSET 0
        ) w
        WHERE x.tenant = ANY (ARRAY[w.tenant]) AND x.id = w.u;
    END IF;
    IF p_inserted & 512 <> 0 THEN  -- fulfillment
        INSERT INTO oms.fulfillment (tenant, order_id, number, version, schema, body)
        SELECT p_tenant, w.u, w.n, w.version, w.schema, w.body::json
        FROM unnest(p_doc, p_state, p_kind, p_u, p_n, p_version, p_schema, p_body) w(doc, state,
            kind, u, n, version, schema, body)
        WHERE w.kind = 9 AND w.state = 1 ORDER BY w.doc;
    END IF;
    IF p_updated & 512 <> 0 THEN
        UPDATE oms.fulfillment x
        SET version = w.version, schema = CASE WHEN w.state = 3 THEN x.schema ELSE w.schema END,
            body = CASE WHEN w.state = 3 THEN x.body ELSE w.body::json END
        FROM (
            SELECT p_tenant AS tenant, w.*
            FROM unnest(p_doc, p_state, p_kind, p_u, p_n, p_version, p_schema, p_body) w(doc, state,
            kind, u, n, version, schema, body)
            WHERE w.kind = 9 AND w.state >= 2 OFFSET 0
        ) w
        WHERE x.tenant = ANY (ARRAY[w.tenant]) AND x.order_id = w.u AND x.number = w.n;
    END IF;
    IF p_inserted & 1024 <> 0 THEN  -- payload
        INSERT INTO oms.payload (tenant, id, version, schema, body, personal, customer,
            order_id)
        SELECT p_tenant, w.u, w.version, w.schema, w.body::json, w.personal, w.customer,
            w.for_order
        FROM unnest(p_doc, p_state, p_kind, p_u, p_version, p_schema, p_body, p_personal,
            p_customer, p_order) w(doc, state, kind, u, version, schema, body, personal,
            customer, for_order)
        WHERE w.kind = 10 AND w.state = 1 ORDER BY w.doc;
    END IF;
    IF p_updated & 1024 <> 0 THEN
        UPDATE oms.payload x
        SET version = w.version, schema = CASE WHEN w.state = 3 THEN x.schema ELSE w.schema END,
            body = CASE WHEN w.state = 3 THEN x.body ELSE w.body::json END, personal =
            w.personal, customer = w.customer, order_id = w.for_order
        FROM (
            SELECT p_tenant AS tenant, w.*
            FROM unnest(p_doc, p_state, p_kind, p_u, p_version, p_schema, p_body, p_personal,
            p_customer, p_order) w(doc, state, kind, u, version, schema, body, personal,
            customer, for_order)
            WHERE w.kind = 10 AND w.state >= 2 OFFSET 0
        ) w
        WHERE x.tenant = ANY (ARRAY[w.tenant]) AND x.id = w.u;
    END IF;
    IF p_inserted & 2048 <> 0 THEN  -- explanation
        INSERT INTO oms.explanation (tenant, order_id, order_version, version, schema, body)
        SELECT p_tenant, w.u, w.n, w.version, w.schema, w.body::json
        FROM unnest(p_doc, p_state, p_kind, p_u, p_n, p_version, p_schema, p_body) w(doc, state,
            kind, u, n, version, schema, body)
        WHERE w.kind = 11 AND w.state = 1 ORDER BY w.doc;
    END IF;
    IF p_updated & 2048 <> 0 THEN
        UPDATE oms.explanation x
        SET version = w.version, schema = CASE WHEN w.state = 3 THEN x.schema ELSE w.schema END,
            body = CASE WHEN w.state = 3 THEN x.body ELSE w.body::json END
        FROM (
            SELECT p_tenant AS tenant, w.*
            FROM unnest(p_doc, p_state, p_kind, p_u, p_n, p_version, p_schema, p_body) w(doc, state,
            kind, u, n, version, schema, body)
            WHERE w.kind = 11 AND w.state >= 2 OFFSET 0
        ) w
        WHERE x.tenant = ANY (ARRAY[w.tenant]) AND x.order_id = w.u AND x.order_version = w.n;
    END IF;
    IF p_inserted & 4096 <> 0 THEN  -- host_document
        INSERT INTO oms.host_document (tenant, kind, id, version, schema, body, active,
            personal, customer, order_id)
        SELECT p_tenant, w.t1, w.t2, w.version, w.schema, w.body::json, nullif(w.active,
            -1)::integer::boolean, w.personal, w.customer, w.for_order
        FROM unnest(p_doc, p_state, p_kind, p_t1, p_t2, p_version, p_schema, p_body, p_active,
            p_personal, p_customer, p_order) w(doc, state, kind, t1, t2, version, schema, body,
            active, personal, customer, for_order)
        WHERE w.kind = 12 AND w.state = 1 ORDER BY w.doc;
    END IF;
    IF p_updated & 4096 <> 0 THEN
        UPDATE oms.host_document x
        SET version = w.version, schema = CASE WHEN w.state = 3 THEN x.schema ELSE w.schema END,
            body = CASE WHEN w.state = 3 THEN x.body ELSE w.body::json END, active =
            nullif(w.active, -1)::integer::boolean, personal = w.personal, customer =
            w.customer, order_id = w.for_order
        FROM (
            SELECT p_tenant AS tenant, w.*
            FROM unnest(p_doc, p_state, p_kind, p_t1, p_t2, p_version, p_schema, p_body, p_active,
            p_personal, p_customer, p_order) w(doc, state, kind, t1, t2, version, schema, body,
            active, personal, customer, for_order)
            WHERE w.kind = 12 AND w.state >= 2 OFFSET 0
        ) w
        WHERE x.tenant = ANY (ARRAY[w.tenant]) AND x.kind = w.t1 AND x.id = w.t2;
    END IF;
    IF p_inserted >> 13 <> 0 THEN  -- document: the kinds that came later, by their number
        INSERT INTO oms.document (tenant, kind, t1, t2, version, schema, body, active)
        SELECT p_tenant, w.kind, w.t1, w.t2, w.version, w.schema, w.body::json, nullif(w.active,
            -1)::integer::boolean
        FROM unnest(p_doc, p_state, p_kind, p_t1, p_t2, p_version, p_schema, p_body, p_active)
            w(doc, state, kind, t1, t2, version, schema, body, active)
        WHERE w.kind >= 13 AND w.state = 1 ORDER BY w.doc;
    END IF;
    IF p_updated >> 13 <> 0 THEN
        UPDATE oms.document x
        SET version = w.version, schema = CASE WHEN w.state = 3 THEN x.schema ELSE w.schema END,
            body = CASE WHEN w.state = 3 THEN x.body ELSE w.body::json END, active =
            nullif(w.active, -1)::integer::boolean
        FROM (
            SELECT p_tenant AS tenant, w.*
            FROM unnest(p_doc, p_state, p_kind, p_t1, p_t2, p_version, p_schema, p_body, p_active)
            w(doc, state, kind, t1, t2, version, schema, body, active)
            WHERE w.kind >= 13 AND w.state >= 2 OFFSET 0
        ) w
        WHERE x.tenant = ANY (ARRAY[w.tenant]) AND x.kind = w.kind AND x.t1 = w.t1 AND x.t2 = w.t2;
    END IF;
END $$
