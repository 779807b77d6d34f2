-- A copy of the library's table of jobs with the same columns, keys, indexes and settings.
DO $$
BEGIN
    EXECUTE 'CREATE TABLE raw.job (LIKE oms.job INCLUDING ALL)';
    EXECUTE format('ALTER TABLE raw.job SET (%s)', (SELECT array_to_string(reloptions, ', ')
        FROM pg_class WHERE oid = 'oms.job'::regclass));
END $$;
