-- Claims that hold units, by hub; and a table of claims that is vacuumed while little of it is dead.
--
-- Safe while others work: the setting waits for no reader or writer of the table. The index
-- `reservation_live` of `oms.reservation` is built afterwards, without keeping anybody waiting.
--
-- It holds a row only while units of it are tentative or confirmed, so it is as long as the work that
-- is open. It does not hold lines and SKUs: those of one owner are few and sorted when they are read.
-- Statements that do not say its condition word for word do not enter it.

-- A claim that is confirmed, shipped or given up leaves entries of its own past in the indexes of
-- claims that are open. The server's fifth of a table that is never emptied lets them pile up by the
-- million, and whoever asks for what is due first visits the row of each.
ALTER TABLE oms.reservation SET (autovacuum_vacuum_scale_factor = 0.02);
