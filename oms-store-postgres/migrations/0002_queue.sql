-- Jobs with a life, and subscribers of events.
--
-- Safe while others work: every new column has a constant default, so no row is rewritten, and
-- hosts of the release before go on inserting jobs as they did. Commits that carry jobs wait while
-- the three indexes of `oms.job` are built, about a second per million jobs that wait; other
-- commits do not. The index of `oms.event` is built afterwards, without keeping anybody waiting.

-- `run_at` says when a job may be claimed: when it is to run, when it is to be tried again, or when
-- the lease of a running one is over. So one index finds what is new, what is to be repeated and
-- what a dead worker left. What was asked for at first is `planned_for`, null while it is the same.
-- State: 1 ready, 2 running, 3 retrying, 4 dead; what is done is deleted.
ALTER TABLE oms.job
    ADD COLUMN priority smallint NOT NULL DEFAULT 2,
    ADD COLUMN state smallint NOT NULL DEFAULT 1,
    ADD COLUMN attempts smallint NOT NULL DEFAULT 0,
    ADD COLUMN max_attempts smallint NOT NULL DEFAULT 3,
    ADD COLUMN token bigint NOT NULL DEFAULT 0,
    ADD COLUMN planned_for timestamptz,
    ADD COLUMN pushed_at timestamptz NOT NULL DEFAULT now(),
    ADD COLUMN unique_key text COLLATE "C",
    ADD COLUMN trace text,
    ADD COLUMN errors jsonb NOT NULL DEFAULT '[]';

-- Rows live for seconds, so the table is vacuumed after few changes and at full speed: what is left
-- of old rows lies at the very place where claims begin to look.
ALTER TABLE oms.job SET (
    fillfactor = 70,
    autovacuum_vacuum_threshold = 2000,
    autovacuum_vacuum_scale_factor = 0.02,
    autovacuum_vacuum_cost_delay = 0,
    autovacuum_analyze_scale_factor = 0.5
);

-- All three are partial, so a look-up by id enters none of them unless it says what implies their
-- condition: functions that look up by id say `state + 0`.
CREATE INDEX job_due ON oms.job (tenant, queue, priority, run_at, id) WHERE state < 4;
CREATE UNIQUE INDEX job_unique ON oms.job (tenant, queue, unique_key)
    WHERE unique_key IS NOT NULL AND state < 4;
CREATE INDEX job_dead ON oms.job (tenant, queue, id) WHERE state = 4;

-- How many jobs came to an end. A row per queue and slot; a session has a slot, so that workers do
-- not wait for each other's commits at one row.
CREATE TABLE oms.job_count (
    tenant text COLLATE "C" NOT NULL,
    queue text NOT NULL,
    slot smallint NOT NULL,
    done bigint NOT NULL,
    died bigint NOT NULL,
    PRIMARY KEY (tenant, queue, slot)
) WITH (fillfactor = 50);

-- The last time of each recurring schedule.
CREATE TABLE oms.job_schedule (
    tenant text COLLATE "C" NOT NULL,
    name text COLLATE "C" NOT NULL,
    last timestamptz NOT NULL,
    PRIMARY KEY (tenant, name)
);

-- Subscribers of events. The place is a `pg_snapshot`: everything visible in it was dealt with. A
-- subscriber of stock rows that is in the midst of them has a JSON array instead: the snapshot
-- where it began, the one it began to read at, the hub and SKU that came last.
CREATE TABLE oms.subscription (
    tenant text COLLATE "C" NOT NULL,
    name text COLLATE "C" NOT NULL,
    place text NOT NULL,
    PRIMARY KEY (tenant, name)
) WITH (fillfactor = 50);
