-- One order by one call: the stock rows last, one by one in the order of their keys.
CREATE FUNCTION raw.place(p_tenant text, p_order uuid, p_number bigint, p_reference text,
    p_key text, p_fingerprint bytea, p_receipt text, p_head text, p_work text, p_explanation text,
    p_length smallint, p_events text, p_hub text, p_skus text[], p_status text, p_version bigint,
    p_tentative integer, p_confirmed integer) RETURNS bigint LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO raw.command VALUES (p_tenant, p_key, p_fingerprint, p_receipt, now());
    INSERT INTO raw.order_head
    VALUES (p_tenant, p_order, p_version, p_number, 1, p_status, now(), now(), NULL, 'web-shop',
        NULL, p_head::json);
    INSERT INTO raw.fulfillment VALUES (p_tenant, p_order, 1, p_version, 1, p_work::json);
    INSERT INTO raw.explanation VALUES (p_tenant, p_order, 2, 1, 1, p_explanation::json);
    INSERT INTO raw.unique_name
    VALUES (p_tenant, 1, 'web-shop', 'order', p_reference, 8, '', '', p_order, 0),
        (p_tenant, 2, p_number::text, '', '', 8, '', '', p_order, 0);
    INSERT INTO raw.reservation
    SELECT p_tenant, 1, p_order, '', l.line, p_hub, l.sku, p_tentative, p_confirmed, 0, 0, 0, 0,
        CASE WHEN p_tentative > 0 THEN now() + interval '15 minutes' END, 1
    FROM unnest(p_skus) WITH ORDINALITY l(sku, line);
    INSERT INTO raw.event (tenant, stream_kind, stream_id, seq, length, actor_kind,
        command_key, at, body)
    VALUES (p_tenant, 'order', p_order::text, 1, p_length, 'system', p_key, now(),
        p_events::json);
    FOR i IN 1 .. cardinality(p_skus) LOOP
        UPDATE raw.stock_level
        SET reserved = reserved + p_tentative + p_confirmed, version = version + 1
        WHERE tenant = p_tenant AND hub = p_hub AND sku = p_skus[i]
        AND reserved + p_tentative + p_confirmed + safety <= on_hand;
        IF NOT FOUND THEN
            RAISE 'short of %', p_skus[i];
        END IF;
    END LOOP;
    RETURN 1;
END $$
