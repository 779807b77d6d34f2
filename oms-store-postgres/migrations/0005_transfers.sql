-- Movements name the transfer they are of, and the transfers of a hub are found by indexes.
--
-- Safe while others work: the column has no default, so no row is rewritten. Who records a movement
-- queues behind this while it waits for those who hold the table, so it waits for two seconds at
-- most: then nothing was done, and the migration is begun again. One would be too little: a vacuum
-- that the server began by itself gives way to who has waited for deadlock_timeout, which is one
-- second unless told otherwise. One that is to prevent wraparound gives way to nobody: end it, or let
-- it end, before hosts are stopped.
--
-- The indexes are built afterwards, without keeping anybody waiting: `transfer_from` and
-- `transfer_to` of `oms.document`, and then `movement_transfer`. No order has an entry in any of
-- them. The first two hold what was stored before, too: the hubs are those that the bodies name. The
-- last one has no entry at first, and its build reads all of `oms.movement` all the same: hosts work
-- as soon as the others are there.
SET LOCAL lock_timeout = '2s';
ALTER TABLE oms.movement ADD COLUMN transfer text COLLATE "C";

-- It is made anew afterwards, and takes the transfer of a movement, too. Functions of one name whose
-- arguments differ stand side by side, so the one that was there goes first.
DROP FUNCTION IF EXISTS oms.commit_v1;
