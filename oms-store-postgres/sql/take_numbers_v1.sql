-- Takes a block of order numbers and answers the first; null when fewer are left. One row per
-- tenant, locked by its own update, so blocks never overlap.
CREATE OR REPLACE FUNCTION oms.take_numbers_v1(p_tenant text, p_count bigint) RETURNS bigint
LANGUAGE sql SECURITY DEFINER SET search_path = oms, pg_temp
AS $$
    INSERT INTO oms.order_number AS x VALUES (p_tenant, 1 + p_count)
    ON CONFLICT (tenant) DO UPDATE SET next = x.next + p_count
        WHERE x.next <= 9223372036854775807 - p_count
    RETURNING next - p_count
$$
