-- The order $1 as it is, with the events after the one numbered $2.
SELECT h.status, h.version, h.body::text AS head, f.body::text AS work,
    (SELECT array_agg(e.name ORDER BY e.seq) FROM oms.event e
     WHERE e.stream_kind = 'order' AND e.stream_id = h.id::text AND e.seq > $2) AS names,
    (SELECT array_agg(e.body::text ORDER BY e.seq) FROM oms.event e
     WHERE e.stream_kind = 'order' AND e.stream_id = h.id::text AND e.seq > $2) AS events,
    (SELECT c.receipt FROM oms.event e JOIN oms.command c
     ON c.tenant = e.tenant AND c.key = e.command_key
     WHERE e.stream_kind = 'order' AND e.stream_id = h.id::text ORDER BY e.seq DESC LIMIT 1) AS receipt,
    (SELECT string_agg(concat_ws(' ', r.tentative, r.confirmed, r.consumed), ',' ORDER BY r.line)
     FROM oms.reservation r WHERE r.owner_id = h.id) AS claims,
    (SELECT count(*) FROM oms.movement m WHERE m.order_id = h.id) AS moved
FROM oms.order_head h JOIN oms.fulfillment f ON f.tenant = h.tenant AND f.order_id = h.id
WHERE h.id = $1
