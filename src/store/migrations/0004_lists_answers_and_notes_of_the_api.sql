-- What the HTTP API needs beside the engine's tables.

-- Read for every list of Dags, and so kept beside the row rather than looked for in the version's spec.
ALTER TABLE dag
    ADD COLUMN timetable_kind text NOT NULL DEFAULT 'none',
    ADD COLUMN has_task_limits boolean NOT NULL DEFAULT false,
    ADD COLUMN allowed_run_types text[];
UPDATE dag SET
    timetable_kind = v.spec -> 'timetable' ->> 'kind',
    has_task_limits = jsonb_path_exists(v.spec, '$.tasks[*] ? (exists(@.maxActiveTisPerDag) || exists(@.maxActiveTisPerDagrun))'),
    allowed_run_types = CASE WHEN v.spec ? 'allowedRunTypes'
        THEN array(SELECT jsonb_array_elements_text(v.spec -> 'allowedRunTypes')) END
FROM dag_version v WHERE v.id = dag.current_version_id;

-- Files that somebody wants imported once more, whether they changed or not.
CREATE TABLE dag_parse_request (
    bundle_name   text        NOT NULL,
    relative_file text        NOT NULL,
    requested_at  timestamptz NOT NULL,
    PRIMARY KEY (bundle_name, relative_file)
);

-- Questions of attempts that wait for a person, and the answers: one for each try.
CREATE TABLE hitl_detail (
    run_pk         bigint      NOT NULL,
    task_id        text        NOT NULL,
    map_index      integer     NOT NULL,
    attempt_id     uuid        NOT NULL,
    try_number     integer     NOT NULL,
    subject        text        NOT NULL,
    body           text,
    options        text[]      NOT NULL,
    defaults       text[],
    multiple       boolean     NOT NULL DEFAULT false,
    params         json        NOT NULL DEFAULT '{}',
    assigned_users json        NOT NULL DEFAULT '[]',
    created_at     timestamptz NOT NULL,
    responded_at   timestamptz,
    responder_id   text,
    responder_name text,
    chosen_options text[],
    params_input   json        NOT NULL DEFAULT '{}',
    PRIMARY KEY (run_pk, task_id, map_index, try_number),
    CHECK ((responded_at IS NULL) = (chosen_options IS NULL))
);
-- The inbox: questions that nobody has answered.
CREATE INDEX hitl_detail_open ON hitl_detail (created_at, run_pk) WHERE responded_at IS NULL;

-- Values that tasks and assets keep from run to run (Airflow's state stores).
CREATE TABLE task_state (
    run_pk     bigint      NOT NULL,
    task_id    text        NOT NULL,
    map_index  integer     NOT NULL,
    key        text        NOT NULL CHECK (length(key) <= 512),
    value      json        NOT NULL,
    updated_at timestamptz NOT NULL,
    expires_at timestamptz,
    PRIMARY KEY (run_pk, task_id, map_index, key)
);
CREATE TABLE asset_state (
    asset_id   bigint      NOT NULL,
    key        text        NOT NULL CHECK (length(key) <= 512),
    value      json        NOT NULL,
    updated_at timestamptz NOT NULL,
    -- Who wrote it: "task", "watcher" or "api", and for a task which one.
    writer     json        NOT NULL,
    PRIMARY KEY (asset_id, key)
);

-- Tests of connections that were asked for and not waited for.
CREATE TABLE connection_test (
    token          text PRIMARY KEY,
    conn_id        text        NOT NULL,
    state          text        NOT NULL CHECK (state IN ('queued', 'running', 'success', 'failed')),
    result_message text,
    created_at     timestamptz NOT NULL
);

-- Lists of all Dags' runs by when they were made, the order that clients get without asking for one.
CREATE INDEX dag_run_by_dag ON dag_run (dag_id, id);
CREATE INDEX log_by_run ON log (run_id, id DESC) WHERE run_id IS NOT NULL;
