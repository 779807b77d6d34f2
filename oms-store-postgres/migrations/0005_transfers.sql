-- Movements name the transfer they are of, and the transfers of a hub are found by indexes.
--
-- Safe while others work: the column has no default, so no row is rewritten, and hosts of the
-- release before go on recording movements, which name none. Who records one queues behind this
-- while it waits for those who read the table, so it waits for a second at most: then nothing was
-- done, and the migration is begun again. No index knows the column, so no order writes more.
-- The indexes `transfer_from` and `transfer_to` of `oms.document`, which no order writes, are built
-- afterwards, without keeping anybody waiting. They hold what was stored before, too: the hubs are
-- those that the bodies name.
SET LOCAL lock_timeout = '1s';
ALTER TABLE oms.movement ADD COLUMN transfer text COLLATE "C";
