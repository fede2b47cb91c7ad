-- Feature views and their newest values by entity.

CREATE TABLE feature_view (
    name               text        NOT NULL CHECK (length(name) BETWEEN 1 AND 250),
    version            integer     NOT NULL CHECK (version > 0),
    spec               jsonb       NOT NULL,
    -- Event times before it are online already.
    materialized_until timestamptz,
    created_at         timestamptz NOT NULL,
    PRIMARY KEY (name, version)
);

CREATE TABLE online_feature (
    view       text        NOT NULL,
    version    integer     NOT NULL,
    entity_key text        NOT NULL,
    event_at   timestamptz NOT NULL,
    created_at timestamptz NOT NULL,
    "values"   jsonb       NOT NULL,
    PRIMARY KEY (view, version, entity_key)
) WITH (fillfactor = 80);
