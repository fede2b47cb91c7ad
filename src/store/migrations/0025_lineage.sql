-- Edges of lineage that no other table holds: what attempts read and made, and which version answered where.

-- By names and not by run_pk, so that it outlives the rows of its run. An attempt writes it with its end.
CREATE TABLE lineage_use (
    dag_id      text        NOT NULL,
    run_id      text        NOT NULL,
    task_id     text        NOT NULL,
    map_index   integer     NOT NULL,
    try_number  integer     NOT NULL,
    direction   text        NOT NULL CHECK (direction IN ('input', 'output')),
    kind        text        NOT NULL CHECK (kind IN ('dataset', 'feature_view', 'model_version', 'asset_event')),
    name        text        NOT NULL CHECK (length(name) BETWEEN 1 AND 500),
    -- Digest of a data set, number of a feature view or model; empty where it is not known. Of an asset event its id.
    version     text        NOT NULL CHECK (length(version) <= 250),
    -- {uri, schema, profile, …} as the task told them.
    details     jsonb       NOT NULL DEFAULT '{}',
    recorded_at timestamptz NOT NULL,
    PRIMARY KEY (dag_id, run_id, task_id, map_index, try_number, direction, kind, name, version)
);
CREATE INDEX lineage_use_by_thing ON lineage_use (kind, name, version);

-- Which version of which model answered under a variant, and from when until when. It outlives the endpoint.
CREATE TABLE endpoint_served (
    endpoint      text        NOT NULL,
    variant       text        NOT NULL,
    model_name    text        NOT NULL,
    -- Empty for a model that is a folder.
    model_version text        NOT NULL,
    first_at      timestamptz NOT NULL,
    last_at       timestamptz NOT NULL,
    PRIMARY KEY (endpoint, variant, model_name, model_version)
);
CREATE INDEX endpoint_served_by_model ON endpoint_served (model_name, model_version);

-- From attempts and events forward.
CREATE INDEX run_by_attempt ON run (dag_id, dag_run_id, task_id, map_index) WHERE dag_id IS NOT NULL;
CREATE INDEX asset_event_by_source ON asset_event (source_dag_id, source_run_id) WHERE source_dag_id IS NOT NULL;
CREATE INDEX dagrun_asset_event_by_event ON dagrun_asset_event (event_id);
CREATE INDEX endpoint_outcome_by_request ON endpoint_outcome (endpoint, request_id);
