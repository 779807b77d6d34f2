-- What an order needs at the very least, in tables with small keys and without documents: what the
-- library is measured against to see what the documents, the history and the names cost. The columns
-- are those of the scripts that the goals were set with.
CREATE SCHEMA narrow;
CREATE TABLE narrow.orders (
    tenant integer NOT NULL,
    id uuid NOT NULL,
    status smallint NOT NULL,
    currency char(3) NOT NULL,
    total numeric(18, 4) NOT NULL,
    customer bigint,
    created_at timestamptz NOT NULL DEFAULT now(),
    version integer NOT NULL DEFAULT 1,
    PRIMARY KEY (tenant, id)
);
CREATE INDEX ON narrow.orders (tenant, created_at);
CREATE TABLE narrow.order_line (
    tenant integer NOT NULL,
    order_id uuid NOT NULL,
    line smallint NOT NULL,
    sku integer NOT NULL,
    hub integer NOT NULL,
    units integer NOT NULL CHECK (units > 0),
    price numeric(18, 4) NOT NULL,
    PRIMARY KEY (tenant, order_id, line)
);
CREATE TABLE narrow.reservation (
    tenant integer NOT NULL,
    order_id uuid NOT NULL,
    line smallint NOT NULL,
    hub integer NOT NULL,
    sku integer NOT NULL,
    units integer NOT NULL,
    expires_at timestamptz,
    PRIMARY KEY (tenant, order_id, line)
);
CREATE TABLE narrow.outbox (
    seq bigserial PRIMARY KEY,
    tenant integer NOT NULL,
    topic text NOT NULL,
    payload jsonb NOT NULL,
    created_at timestamptz NOT NULL DEFAULT now()
);
CREATE TABLE narrow.idempotency_key (
    tenant integer NOT NULL,
    key text NOT NULL,
    order_id uuid NOT NULL,
    created_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (tenant, key)
);
-- The lines and the claim inside the order, the idempotency key a column of it.
CREATE TABLE narrow.lean_order (
    tenant integer NOT NULL,
    id uuid NOT NULL,
    key text NOT NULL,
    status smallint NOT NULL,
    currency char(3) NOT NULL,
    total numeric(18, 4) NOT NULL,
    customer bigint,
    lines jsonb NOT NULL,
    reserved_until timestamptz,
    created_at timestamptz NOT NULL DEFAULT now(),
    version integer NOT NULL DEFAULT 1,
    PRIMARY KEY (tenant, id),
    UNIQUE (tenant, key)
);
CREATE TABLE narrow.stock (
    tenant integer NOT NULL,
    hub integer NOT NULL,
    sku integer NOT NULL,
    on_hand integer NOT NULL,
    reserved integer NOT NULL DEFAULT 0,
    PRIMARY KEY (tenant, hub, sku),
    CHECK (reserved >= 0 AND reserved <= on_hand)
) WITH (fillfactor = 50);
