-- Registered models, their versions, and which version stood where and when.

CREATE TABLE registered_model (
    name             text PRIMARY KEY,
    description      text        NOT NULL DEFAULT '',
    -- Numbers are never given twice, not even after a version was deleted.
    next_version     integer     NOT NULL DEFAULT 1,
    deployment_job_id text,
    creation_time    timestamptz NOT NULL,
    last_update_time timestamptz NOT NULL
);

CREATE TABLE registered_model_tag (
    name  text NOT NULL REFERENCES registered_model ON UPDATE CASCADE ON DELETE CASCADE,
    key   text NOT NULL,
    value text NOT NULL,
    PRIMARY KEY (name, key)
);

CREATE TABLE model_version (
    name             text        NOT NULL REFERENCES registered_model ON UPDATE CASCADE ON DELETE CASCADE,
    version          integer     NOT NULL CHECK (version >= 1),
    description      text        NOT NULL DEFAULT '',
    user_id          text,
    current_stage    text        NOT NULL DEFAULT 'None' CHECK (current_stage IN ('None', 'Staging', 'Production', 'Archived')),
    source           text        NOT NULL,
    -- Where its files are: the source, resolved when the version was made.
    storage_location text        NOT NULL,
    run_id           uuid,
    model_id         text,
    run_link         text        NOT NULL DEFAULT '',
    status           text        NOT NULL DEFAULT 'READY' CHECK (status IN ('PENDING_REGISTRATION', 'FAILED_REGISTRATION', 'READY')),
    creation_time    timestamptz NOT NULL,
    last_update_time timestamptz NOT NULL,
    PRIMARY KEY (name, version)
);
CREATE INDEX model_version_by_run ON model_version (run_id) WHERE run_id IS NOT NULL;
CREATE INDEX model_version_by_model ON model_version (model_id) WHERE model_id IS NOT NULL;
-- The default order of a search.
CREATE INDEX model_version_recent ON model_version (last_update_time DESC, name, version DESC);

CREATE TABLE model_version_tag (
    name    text    NOT NULL,
    version integer NOT NULL,
    key     text    NOT NULL,
    value   text    NOT NULL,
    PRIMARY KEY (name, version, key),
    FOREIGN KEY (name, version) REFERENCES model_version ON UPDATE CASCADE ON DELETE CASCADE
);

CREATE TABLE registered_model_alias (
    name    text    NOT NULL,
    alias   text    NOT NULL,
    version integer NOT NULL,
    PRIMARY KEY (name, alias),
    FOREIGN KEY (name, version) REFERENCES model_version ON UPDATE CASCADE ON DELETE CASCADE
);

-- One row for each change of a stage or an alias, and for each version made or deleted. No foreign key: it outlives
-- what it tells about.
CREATE TABLE model_version_event (
    id               bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    happened_at      timestamptz NOT NULL,
    name             text        NOT NULL,
    version          integer     NOT NULL,
    kind             text        NOT NULL CHECK (kind IN ('created', 'deleted', 'stage', 'alias_set', 'alias_removed')),
    stage            text,
    previous_stage   text,
    alias            text,
    -- The version that the alias pointed to before.
    previous_version integer,
    actor            text
);
CREATE INDEX model_version_event_by_model ON model_version_event (name, id);

CREATE TABLE webhook (
    webhook_id       uuid PRIMARY KEY,
    name             text        NOT NULL,
    url              text        NOT NULL,
    description      text        NOT NULL DEFAULT '',
    -- "registered_model.created"
    events           text[]      NOT NULL,
    -- Sealed like a connection's password.
    secret           bytea,
    status           text        NOT NULL DEFAULT 'ACTIVE' CHECK (status IN ('ACTIVE', 'DISABLED')),
    creation_time    timestamptz NOT NULL,
    last_update_time timestamptz NOT NULL
);
