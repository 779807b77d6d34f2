-- An index for lists that begins with the tenant and is not partial says COLLATE "POSIX", which
-- sorts as "C" does but serves only conditions that say so too: on tables that were never analysed
-- a look-up by key must not enter it by the tenant alone (the planner would hold it for as good).
--
-- Everything lives in the schema `oms`, which `migrate()` makes together with `oms.migration`.
--
-- The tenant comes first in every primary key. Text ids compare by bytes (COLLATE "C"), as the
-- library compares them, so a page goes on where the library says it does. Bodies are `json`, not
-- `jsonb`: the exact text comes back. Times are whole microseconds.
--
-- At most one CHECK per table, and only where it states an invariant: the server reads each one anew
-- for every statement. No foreign key on what every order points to: it would look up and lock the
-- row of the channel for each order; the functions check what an order needs, under one lock per
-- tenant, and the audit names orders that point to nothing.

-- Documents: one table per kind; `version` and `schema` as the library gives them.

CREATE TABLE oms.settings (
    tenant text COLLATE "C" PRIMARY KEY,
    version bigint NOT NULL,
    schema smallint NOT NULL,
    body json NOT NULL
);

-- Settings, channels, hubs, products and SKU mappings are the catalogue of a tenant. A plan that
-- remembers it asks for its version alone; who changes it by hand raises the version, too.
CREATE TABLE oms.catalogue (
    tenant text COLLATE "C" PRIMARY KEY,
    version bigint NOT NULL
);

CREATE TABLE oms.channel (
    tenant text COLLATE "C" NOT NULL,
    id text COLLATE "C" NOT NULL,
    version bigint NOT NULL,
    schema smallint NOT NULL,
    active boolean,
    body json NOT NULL,
    PRIMARY KEY (tenant, id)
);

CREATE TABLE oms.hub (
    tenant text COLLATE "C" NOT NULL,
    id text COLLATE "C" NOT NULL,
    version bigint NOT NULL,
    schema smallint NOT NULL,
    active boolean,
    body json NOT NULL,
    PRIMARY KEY (tenant, id)
);

CREATE TABLE oms.product (
    tenant text COLLATE "C" NOT NULL,
    sku text COLLATE "C" NOT NULL,
    version bigint NOT NULL,
    schema smallint NOT NULL,
    active boolean,
    body json NOT NULL,
    PRIMARY KEY (tenant, sku)
);

CREATE TABLE oms.sku_mapping (
    tenant text COLLATE "C" NOT NULL,
    channel text COLLATE "C" NOT NULL,
    external text COLLATE "C" NOT NULL,
    version bigint NOT NULL,
    schema smallint NOT NULL,
    active boolean,
    body json NOT NULL,
    PRIMARY KEY (tenant, channel, external),
    FOREIGN KEY (tenant, channel) REFERENCES oms.channel
);

CREATE TABLE oms.customer (
    tenant text COLLATE "C" NOT NULL,
    id uuid NOT NULL,
    version bigint NOT NULL,
    schema smallint NOT NULL,
    active boolean,
    body json NOT NULL,
    PRIMARY KEY (tenant, id)
);

-- `personal` says that the two columns after it count, even where both are null.
CREATE TABLE oms.contact (
    tenant text COLLATE "C" NOT NULL,
    id uuid NOT NULL,
    version bigint NOT NULL,
    schema smallint NOT NULL,
    personal boolean NOT NULL,
    customer uuid,
    order_id uuid,
    body json NOT NULL,
    PRIMARY KEY (tenant, id)
);
CREATE INDEX contact_customer ON oms.contact (tenant, customer) WHERE customer IS NOT NULL;
CREATE INDEX contact_order ON oms.contact (tenant, order_id) WHERE order_id IS NOT NULL;

-- The index columns of an order are null together only where a host writes heads without them.
-- At most four indexes beyond the key: a status change that stays unfinished moves one of them. They
-- do not hold the id: a look-up by id must find one index only, whatever the planner knows.
CREATE TABLE oms.order_head (
    tenant text COLLATE "C" NOT NULL,
    id uuid NOT NULL,
    version bigint NOT NULL,
    number bigint,
    schema smallint NOT NULL,
    status text COLLATE "C",
    placed_at timestamptz,
    state_since timestamptz,
    promised_by timestamptz,
    channel text COLLATE "C",
    customer uuid,
    body json NOT NULL,
    PRIMARY KEY (tenant, id)
) WITH (fillfactor = 85);
CREATE INDEX order_placed ON oms.order_head (tenant COLLATE "POSIX", placed_at);
CREATE INDEX order_customer ON oms.order_head (tenant, customer, placed_at)
    WHERE customer IS NOT NULL;
CREATE INDEX order_unfinished ON oms.order_head (tenant, status, placed_at)
    WHERE status NOT IN ('delivered', 'cancelled', 'returned');

CREATE TABLE oms.fulfillment (
    tenant text COLLATE "C" NOT NULL,
    order_id uuid NOT NULL,
    number bigint NOT NULL,
    version bigint NOT NULL,
    schema smallint NOT NULL,
    body json NOT NULL,
    PRIMARY KEY (tenant, order_id, number)
) WITH (fillfactor = 85);

CREATE TABLE oms.payload (
    tenant text COLLATE "C" NOT NULL,
    id uuid NOT NULL,
    version bigint NOT NULL,
    schema smallint NOT NULL,
    personal boolean NOT NULL,
    customer uuid,
    order_id uuid,
    body json NOT NULL,
    PRIMARY KEY (tenant, id)
);
CREATE INDEX payload_customer ON oms.payload (tenant, customer) WHERE customer IS NOT NULL;
CREATE INDEX payload_order ON oms.payload (tenant, order_id) WHERE order_id IS NOT NULL;

CREATE TABLE oms.explanation (
    tenant text COLLATE "C" NOT NULL,
    order_id uuid NOT NULL,
    order_version bigint NOT NULL,
    version bigint NOT NULL,
    schema smallint NOT NULL,
    body json NOT NULL,
    PRIMARY KEY (tenant, order_id, order_version)
);

CREATE TABLE oms.host_document (
    tenant text COLLATE "C" NOT NULL,
    kind text COLLATE "C" NOT NULL,
    id text COLLATE "C" NOT NULL,
    version bigint NOT NULL,
    schema smallint NOT NULL,
    active boolean,
    personal boolean NOT NULL,
    customer uuid,
    order_id uuid,
    body json NOT NULL,
    PRIMARY KEY (tenant, kind, id)
);
CREATE INDEX host_document_customer ON oms.host_document (tenant, customer)
    WHERE customer IS NOT NULL;
CREATE INDEX host_document_order ON oms.host_document (tenant, order_id)
    WHERE order_id IS NOT NULL;

-- Names that belong to one document: 1 external reference (channel, kind, id), 2 order number
-- (the number), 3 of the host's own (kind, value). The holder is a document kind and its key.
CREATE TABLE oms.unique_name (
    tenant text COLLATE "C" NOT NULL,
    kind smallint NOT NULL,
    a text COLLATE "C" NOT NULL,
    b text COLLATE "C" NOT NULL,
    c text COLLATE "C" NOT NULL,
    holder_kind smallint NOT NULL,
    holder_t1 text COLLATE "C" NOT NULL,
    holder_t2 text COLLATE "C" NOT NULL,
    holder_u uuid NOT NULL,
    holder_n bigint NOT NULL,
    PRIMARY KEY (tenant, kind, a, b, c)
);

-- Counters. Nothing here is indexed beyond the key and half of each page stays free, so a change
-- of a counter writes no index (HOT).
CREATE TABLE oms.stock_level (
    tenant text COLLATE "C" NOT NULL,
    hub text COLLATE "C" NOT NULL,
    sku text COLLATE "C" NOT NULL,
    on_hand integer NOT NULL,
    reserved integer NOT NULL,
    incoming integer NOT NULL,
    safety integer NOT NULL,
    shortfall integer NOT NULL,
    version bigint NOT NULL,
    PRIMARY KEY (tenant, hub, sku),
    CONSTRAINT i1 CHECK (
        least(on_hand, reserved, incoming, safety) >= 0
        AND shortfall = greatest(0, reserved - on_hand)
    )
) WITH (fillfactor = 50);
CREATE INDEX stock_level_sku ON oms.stock_level (tenant, sku, hub);

-- Claims on stock. Owner: 1 order, 2 cart (both by id), 3 something of the host's own (by name).
CREATE TABLE oms.reservation (
    tenant text COLLATE "C" NOT NULL,
    owner_kind smallint NOT NULL,
    owner_id uuid NOT NULL,
    owner_name text COLLATE "C" NOT NULL,
    line integer NOT NULL,
    hub text COLLATE "C" NOT NULL,
    sku text COLLATE "C" NOT NULL,
    tentative integer NOT NULL,
    confirmed integer NOT NULL,
    consumed integer NOT NULL,
    released integer NOT NULL,
    expired integer NOT NULL,
    lapsed integer NOT NULL,
    expires_at timestamptz,
    version bigint NOT NULL,
    PRIMARY KEY (tenant, owner_kind, owner_id, owner_name, line, hub, sku),
    CHECK (
        least(tentative, confirmed, consumed, released, expired, lapsed) >= 0
        AND (tentative > 0 OR expires_at IS NULL)
    )
) WITH (fillfactor = 85);
-- What a short row can reclaim, and what the sweeper looks for: only rows with tentative units.
CREATE INDEX reservation_due ON oms.reservation (tenant, hub, sku, expires_at)
    WHERE tentative > 0;
CREATE INDEX reservation_sweep ON oms.reservation (tenant, expires_at)
    WHERE tentative > 0;
CREATE INDEX reservation_lapsed ON oms.reservation (tenant) WHERE lapsed > 0;

-- Rows that are appended and never changed.

CREATE TABLE oms.movement (
    tenant text COLLATE "C" NOT NULL,
    id uuid NOT NULL,
    at timestamptz NOT NULL,
    hub text COLLATE "C" NOT NULL,
    sku text COLLATE "C" NOT NULL,
    kind text COLLATE "C" NOT NULL,
    delta bigint NOT NULL,
    order_id uuid,
    reason text,
    actor_kind text NOT NULL,
    actor_id text,
    origin_reason text,
    request_id text,
    command_key text NOT NULL,
    PRIMARY KEY (tenant, id)
);
CREATE INDEX movement_at ON oms.movement (tenant COLLATE "POSIX", at);
CREATE INDEX movement_stock ON oms.movement (tenant COLLATE "POSIX", sku, at);
CREATE INDEX movement_order ON oms.movement (tenant, order_id) WHERE order_id IS NOT NULL;

-- History, audit trail and outbox in one. `xid` is what a consumer's cursor compares with.
--
-- A row holds what one command said in one stream: `length` events from the place `seq` on, in order.
-- Each is an array in the body: name, schema, body and, where somebody else than the actor of the
-- row did it, the kind and the id of who did. The view `oms.events` has a row per event.
CREATE TABLE oms.event (
    tenant text COLLATE "C" NOT NULL,
    stream_kind text COLLATE "C" NOT NULL,
    stream_id text COLLATE "C" NOT NULL,
    seq bigint NOT NULL,
    length smallint NOT NULL,
    actor_kind text NOT NULL,
    actor_id text,
    reason text,
    request_id text,
    command_key text NOT NULL,
    at timestamptz NOT NULL,
    xid xid8 NOT NULL DEFAULT pg_current_xact_id(),
    body json NOT NULL,
    PRIMARY KEY (tenant, stream_kind, stream_id, seq)
);

CREATE TABLE oms.job (
    tenant text COLLATE "C" NOT NULL,
    id uuid NOT NULL,
    queue text NOT NULL,
    kind text NOT NULL,
    payload text NOT NULL,
    run_at timestamptz NOT NULL,
    PRIMARY KEY (tenant, id)
);

-- What became of committed commands, by idempotency key.
CREATE TABLE oms.command (
    tenant text COLLATE "C" NOT NULL,
    key text COLLATE "C" NOT NULL,
    fingerprint bytea NOT NULL,
    receipt text NOT NULL,
    at timestamptz NOT NULL,
    PRIMARY KEY (tenant, key)
);
CREATE INDEX command_at ON oms.command (tenant COLLATE "POSIX", at);

-- The order number to be taken next. A row of its own per tenant: a block is taken in a short
-- transaction of its own, never inside a commit.
CREATE TABLE oms.order_number (
    tenant text COLLATE "C" PRIMARY KEY,
    next bigint NOT NULL CHECK (next > 0)
) WITH (fillfactor = 50);
