-- The order $1 as it is, with the events from the one numbered $2 on, which one command told.
SELECT h.status, h.version, h.body::text AS head, f.body::text AS work, e.length,
    e.body::text AS events, c.receipt,
    (SELECT string_agg(concat_ws(' ', r.tentative, r.confirmed, r.consumed), ',' ORDER BY r.line)
     FROM oms.reservation r WHERE r.owner_id = h.id) AS claims,
    (SELECT count(*) FROM oms.movement m WHERE m.order_id = h.id) AS moved
FROM oms.order_head h JOIN oms.fulfillment f ON f.tenant = h.tenant AND f.order_id = h.id
JOIN oms.event e ON e.tenant = h.tenant AND e.stream_kind = 'order' AND e.stream_id = h.id::text
    AND e.seq = $2
JOIN oms.command c ON c.tenant = e.tenant AND c.key = e.command_key
WHERE h.id = $1
