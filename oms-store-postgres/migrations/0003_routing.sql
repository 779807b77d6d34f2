-- What routing needs, and a table for the kinds of documents that come later.
--
-- Safe while others work: it only makes what nobody uses yet.

-- Documents by the number of their kind: 13 the delivery zones (no key of its own), 14 the delivery
-- slots of a hub on a day (hub, date), 15 a transfer (its id). A kind that is not looked for by
-- anything but its key needs no table of its own.
CREATE TABLE oms.document (
    tenant text COLLATE "C" NOT NULL,
    kind smallint NOT NULL,
    t1 text COLLATE "C" NOT NULL,
    t2 text COLLATE "C" NOT NULL,
    version bigint NOT NULL,
    schema smallint NOT NULL,
    active boolean,
    body json NOT NULL,
    PRIMARY KEY (tenant, kind, t1, t2)
) WITH (fillfactor = 85);

-- How much of something bounded is taken: 1 the orders of a hub (its id) on one of its days (the
-- date), 2 something of the host's own (kind and id), 3 a delivery slot of a hub (its id; the date
-- and the slot). The limit comes with every change. As with stock, half of each page stays free and
-- nothing that changes is indexed.
CREATE TABLE oms.counter (
    tenant text COLLATE "C" NOT NULL,
    kind smallint NOT NULL,
    a text COLLATE "C" NOT NULL,
    b text COLLATE "C" NOT NULL,
    taken integer NOT NULL CHECK (taken >= 0),
    PRIMARY KEY (tenant, kind, a, b)
) WITH (fillfactor = 50);
