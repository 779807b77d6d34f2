-- Names every row of a tenant that breaks an invariant the store can see by itself. One statement,
-- so everything is compared as of one moment. Bodies of events are looked into before the sort (the
-- inner OFFSET 0), which would write all of them to disk otherwise.
CREATE OR REPLACE FUNCTION oms.audit_v1(p_tenant text)
RETURNS TABLE (invariant text, subject text, detail text)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = oms, pg_temp
AS $$
    WITH live AS (
        SELECT hub, sku, sum(tentative::bigint + confirmed) AS units FROM oms.reservation
        WHERE tenant = p_tenant GROUP BY hub, sku
    ), moved AS (
        SELECT hub, sku, sum(delta) AS units FROM oms.movement
        WHERE tenant = p_tenant GROUP BY hub, sku
    ), level AS (
        SELECT * FROM oms.stock_level WHERE tenant = p_tenant
    ), stream AS (
        SELECT stream_kind, stream_id, min(seq) AS first, max(seq + length - 1) AS last,
            sum(length) AS events, bool_and(follows AND length = told) AS whole
        FROM (
            SELECT stream_kind, stream_id, seq, length, told, seq = 1 + coalesce(lag(seq + length
                - 1) OVER (PARTITION BY stream_kind, stream_id ORDER BY seq), 0) AS follows
            FROM (
                SELECT stream_kind, stream_id, seq, length, json_array_length(body) AS told
                FROM oms.event WHERE tenant = p_tenant OFFSET 0
            ) b
        ) e
        GROUP BY stream_kind, stream_id
    )
    SELECT 'I1', sku || ' at ' || hub,
        format('%s reserved of %s on hand, shortfall %s', reserved, on_hand, shortfall)
    FROM level WHERE shortfall <> greatest(0, reserved - on_hand)
    UNION ALL
    SELECT 'I2', coalesce(l.sku, r.sku) || ' at ' || coalesce(l.hub, r.hub),
        format('%s reserved, its claims add up to %s', coalesce(l.reserved, 0),
            coalesce(r.units, 0))
    FROM level l FULL JOIN live r USING (hub, sku)
    WHERE coalesce(l.reserved, 0) <> coalesce(r.units, 0)
    UNION ALL
    SELECT 'I2', coalesce(l.sku, m.sku) || ' at ' || coalesce(l.hub, m.hub),
        format('%s on hand, its movements add up to %s', coalesce(l.on_hand, 0),
            coalesce(m.units, 0))
    FROM level l FULL JOIN moved m USING (hub, sku)
    WHERE coalesce(l.on_hand, 0) <> coalesce(m.units, 0)
    UNION ALL
    SELECT 'I2', format('claim of %s line %s: %s at %s', coalesce(nullif(owner_name, ''),
        owner_id::text), line, sku, hub), 'tentative units and their end do not agree'
    FROM oms.reservation
    WHERE tenant = p_tenant AND (tentative > 0) <> (expires_at IS NOT NULL)
    UNION ALL
    SELECT 'I6', stream_kind || '/' || stream_id,
        format('%s events from place %s to %s', events, first, last)
    FROM stream WHERE NOT whole
    UNION ALL
    -- An order is never written without an event.
    SELECT 'I6', d.name, CASE WHEN s.last IS NULL THEN format('version %s, it has no events',
            d.version) ELSE format('version %s, its stream ends at %s', d.version, s.last) END
    FROM (
        SELECT 'tenant' AS kind, 'settings' AS id, 'tenant settings' AS name, version
        FROM oms.settings WHERE tenant = p_tenant
        UNION ALL
        SELECT 'tenant', 'zones', 'delivery zones', version
        FROM oms.document WHERE tenant = p_tenant AND kind = 13
        UNION ALL
        SELECT 'slots', t1 || '/' || t2, 'delivery slots of ' || t1 || ' on ' || t2, version
        FROM oms.document WHERE tenant = p_tenant AND kind = 14
        UNION ALL
        SELECT 'transfer', t1, 'transfer ' || t1, version
        FROM oms.document WHERE tenant = p_tenant AND kind = 15
        UNION ALL
        SELECT 'channel', id, 'channel ' || id, version FROM oms.channel WHERE tenant = p_tenant
        UNION ALL
        SELECT 'hub', id, 'hub ' || id, version FROM oms.hub WHERE tenant = p_tenant
        UNION ALL
        SELECT 'sku', sku, 'SKU ' || sku, version FROM oms.product WHERE tenant = p_tenant
        UNION ALL
        SELECT 'sku_mapping', replace(replace(channel, '%', '%25'), '/', '%2F') || '/' || external,
            'SKU ' || external || ' of ' || channel, version
        FROM oms.sku_mapping WHERE tenant = p_tenant
        UNION ALL
        SELECT 'customer', id::text, 'customer ' || id, version FROM oms.customer
        WHERE tenant = p_tenant
        UNION ALL
        SELECT 'order', id::text, 'order ' || id, version FROM oms.order_head
        WHERE tenant = p_tenant
    ) d LEFT JOIN stream s ON s.stream_kind = d.kind AND s.stream_id = d.id
    WHERE s.last <> d.version OR (s.last IS NULL AND d.kind = 'order')
    UNION ALL
    SELECT 'reference', format('fulfillment %s of order %s', number, order_id),
        'its order does not exist'
    FROM oms.fulfillment f WHERE tenant = p_tenant AND NOT EXISTS (
        SELECT FROM oms.order_head h WHERE h.tenant = f.tenant AND h.id = f.order_id)
    UNION ALL
    SELECT 'reference', 'order ' || id, 'its channel does not exist'
    FROM oms.order_head h WHERE tenant = p_tenant AND channel IS NOT NULL AND NOT EXISTS (
        SELECT FROM oms.channel c WHERE c.tenant = h.tenant AND c.id = h.channel)
    UNION ALL
    SELECT 'reference', 'order ' || id, 'its customer does not exist'
    FROM oms.order_head h WHERE tenant = p_tenant AND customer IS NOT NULL AND NOT EXISTS (
        SELECT FROM oms.customer c WHERE c.tenant = h.tenant AND c.id = h.customer)
    UNION ALL
    SELECT 'reference', concat_ws(' ', n.a, nullif(n.b, ''), nullif(n.c, '')),
        'its holder does not exist'
    FROM oms.unique_name n WHERE n.tenant = p_tenant AND NOT EXISTS (
        SELECT FROM oms.document_v1 d WHERE d.tenant = n.tenant AND d.kind = n.holder_kind
        AND d.t1 = n.holder_t1 AND d.t2 = n.holder_t2 AND d.u = n.holder_u AND d.n = n.holder_n)
$$
