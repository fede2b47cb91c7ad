-- Configuration objects, assets, deadlines, people and the audit log.

CREATE TABLE slot_pool (
    name             text PRIMARY KEY CHECK (length(name) <= 256),
    slots            integer NOT NULL CHECK (slots >= -1),
    description      text,
    include_deferred boolean NOT NULL DEFAULT false
);
INSERT INTO slot_pool (name, slots, description) VALUES ('default_pool', 128, 'Default pool');

-- Slots taken, kept by every batch that changes them; in a table of its own so that the row stays tiny.
CREATE TABLE slot_pool_usage (
    pool         text    NOT NULL,
    scheduler_id bigint  NOT NULL,
    taken        integer NOT NULL,
    PRIMARY KEY (pool, scheduler_id)
) WITH (fillfactor = 20);

-- Values are sealed with AES-256-GCM: key id, nonce, ciphertext and tag in one bytea.
CREATE TABLE variable (
    key         text PRIMARY KEY CHECK (length(key) <= 250),
    value       bytea NOT NULL,
    description text
);

CREATE TABLE connection (
    conn_id     text PRIMARY KEY CHECK (length(conn_id) <= 250),
    conn_type   text NOT NULL,
    description text,
    host        text,
    login       text,
    password    bytea,
    schema      text,
    port        integer CHECK (port BETWEEN 0 AND 65535),
    extra       bytea
);

CREATE TABLE asset (
    id         bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    name       text        NOT NULL,
    uri        text        NOT NULL,
    "group"    text        NOT NULL DEFAULT 'asset',
    extra      jsonb       NOT NULL DEFAULT '{}',
    is_active  boolean     NOT NULL DEFAULT true,
    created_at timestamptz NOT NULL,
    UNIQUE (name, uri)
);

CREATE TABLE asset_alias (
    id      bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    name    text NOT NULL UNIQUE,
    "group" text NOT NULL DEFAULT 'asset'
);

CREATE TABLE asset_event (
    id               bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    asset_id         bigint      NOT NULL,
    "timestamp"      timestamptz NOT NULL,
    extra            json        NOT NULL DEFAULT '{}',
    source_dag_id    text,
    source_task_id   text,
    source_run_id    text,
    source_map_index integer,
    partition_key    text
);
CREATE INDEX asset_event_by_asset ON asset_event (asset_id, "timestamp" DESC, id DESC);

CREATE TABLE asset_alias_asset (
    alias_id bigint NOT NULL,
    asset_id bigint NOT NULL,
    PRIMARY KEY (alias_id, asset_id)
);

CREATE TABLE asset_alias_event (
    alias_id bigint NOT NULL,
    event_id bigint NOT NULL,
    PRIMARY KEY (alias_id, event_id)
);

-- Who is scheduled on, produces, or reads what. `alias_id` or `asset_id` is set.
CREATE TABLE asset_reference (
    dag_id   text NOT NULL REFERENCES dag ON DELETE CASCADE,
    task_id  text NOT NULL DEFAULT '',
    role     text NOT NULL CHECK (role IN ('schedule', 'outlet', 'inlet')),
    asset_id bigint NOT NULL DEFAULT 0,
    alias_id bigint NOT NULL DEFAULT 0,
    PRIMARY KEY (dag_id, task_id, role, asset_id, alias_id)
);
CREATE INDEX asset_reference_by_asset ON asset_reference (asset_id, role);

-- Events that a Dag has not consumed yet; a run of the Dag takes them all (they coalesce).
CREATE TABLE asset_dag_run_queue (
    dag_id     text        NOT NULL,
    asset_id   bigint      NOT NULL,
    created_at timestamptz NOT NULL,
    PRIMARY KEY (dag_id, asset_id)
);

CREATE TABLE dagrun_asset_event (
    run_pk   bigint NOT NULL,
    event_id bigint NOT NULL,
    PRIMARY KEY (run_pk, event_id)
);

CREATE TABLE deadline (
    id           bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    run_pk       bigint      NOT NULL,
    dag_id       text        NOT NULL,
    name         text,
    deadline_at  timestamptz NOT NULL,
    callback     integer     NOT NULL,
    missed_at    timestamptz
);
CREATE INDEX deadline_due ON deadline (deadline_at) WHERE missed_at IS NULL;
CREATE INDEX deadline_by_run ON deadline (run_pk);

CREATE TABLE app_user (
    id            bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    username      text        NOT NULL UNIQUE CHECK (length(username) BETWEEN 1 AND 250),
    email         text        UNIQUE,
    first_name    text        NOT NULL DEFAULT '',
    last_name     text        NOT NULL DEFAULT '',
    password_hash text,
    roles         text[]      NOT NULL,
    is_active     boolean     NOT NULL DEFAULT true,
    created_at    timestamptz NOT NULL
);

CREATE TABLE log (
    id         bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    dttm       timestamptz NOT NULL,
    event      text        NOT NULL,
    dag_id     text,
    task_id    text,
    run_id     text,
    map_index  integer,
    try_number integer,
    owner      text,
    extra      text
);
CREATE INDEX log_by_time ON log (dttm DESC, id DESC);
CREATE INDEX log_by_dag ON log (dag_id, id DESC);
