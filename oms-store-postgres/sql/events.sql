-- A row per event, for people.
CREATE OR REPLACE VIEW oms.events AS
SELECT e.tenant, e.stream_kind, e.stream_id, e.seq + one.place - 1 AS seq, one.event->>0 AS name,
    e.at, coalesce(one.event->>3, e.actor_kind) AS actor_kind,
    CASE WHEN one.event->>3 IS NULL THEN e.actor_id ELSE one.event->>4 END AS actor_id,
    e.reason, e.request_id, e.command_key, (one.event->>1)::smallint AS schema, one.event->2 AS body
FROM oms.event e
CROSS JOIN LATERAL json_array_elements(e.body) WITH ORDINALITY one(event, place)
