-- Dags and their versions, runs, task instances and what they leave behind.
--
-- Hot tables (task_instance, xcom, dag_run) carry no foreign keys: a check costs a look-up for each row of a
-- batch, and rows of a run are deleted together by statements of the store. No index stands on a column that
-- changes with the state, so that updates stay heap-only (fillfactor leaves them room on the page).

CREATE TABLE job (
    id               bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    kind             text        NOT NULL CHECK (kind IN ('scheduler', 'worker', 'triggerer', 'dag-processor', 'api')),
    state            text        NOT NULL DEFAULT 'running' CHECK (state IN ('running', 'success', 'failed')),
    hostname         text        NOT NULL,
    pid              integer     NOT NULL,
    started_at       timestamptz NOT NULL,
    latest_heartbeat timestamptz NOT NULL,
    ended_at         timestamptz,
    details          jsonb       NOT NULL DEFAULT '{}',
    CHECK ((state = 'running') = (ended_at IS NULL))
);

CREATE TABLE dag (
    dag_id                     text PRIMARY KEY CHECK (length(dag_id) <= 250),
    display_name               text        NOT NULL,
    description                text,
    language                   text        NOT NULL,
    bundle_name                text        NOT NULL DEFAULT 'dags-folder',
    dags_folder                text        NOT NULL,
    relative_file              text        NOT NULL,
    is_paused                  boolean     NOT NULL,
    -- No file defines it any more; its history stays.
    is_stale                   boolean     NOT NULL DEFAULT false,
    has_import_errors          boolean     NOT NULL DEFAULT false,
    current_version_id         bigint,
    owners                     text[]      NOT NULL DEFAULT '{}',
    tags                       text[]      NOT NULL DEFAULT '{}',
    timetable_summary          text,
    timetable_description      text,
    max_active_runs            integer     NOT NULL,
    max_active_tasks           integer     NOT NULL,
    max_consecutive_failed_dag_runs integer NOT NULL DEFAULT 0,
    next_dagrun                timestamptz,
    next_dagrun_data_interval_start timestamptz,
    next_dagrun_data_interval_end   timestamptz,
    next_dagrun_create_after   timestamptz,
    last_parsed_at             timestamptz NOT NULL,
    last_expired_at            timestamptz
);
CREATE INDEX dag_tags ON dag USING gin (tags);

CREATE TABLE dag_version (
    id             bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    dag_id         text        NOT NULL REFERENCES dag ON DELETE CASCADE,
    version_number integer     NOT NULL CHECK (version_number >= 1),
    -- Of the serialized Dag and the text of all its files.
    hash           text        NOT NULL,
    spec           jsonb       NOT NULL,
    -- Path relative to the Dags folder → hash of the text in code_file.
    files          jsonb       NOT NULL,
    interpreter    text        NOT NULL DEFAULT 'node',
    created_at     timestamptz NOT NULL,
    UNIQUE (dag_id, version_number),
    UNIQUE (dag_id, hash)
);

CREATE TABLE code_file (
    hash    text PRIMARY KEY,
    content text NOT NULL
);

CREATE TABLE import_error (
    id            bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    bundle_name   text        NOT NULL DEFAULT 'dags-folder',
    relative_file text        NOT NULL,
    occurred_at   timestamptz NOT NULL,
    code          text        NOT NULL,
    message       text        NOT NULL,
    stacktrace    text        NOT NULL,
    line          integer,
    "column"      integer,
    UNIQUE (bundle_name, relative_file)
);

CREATE TABLE dag_warning (
    dag_id      text        NOT NULL REFERENCES dag ON DELETE CASCADE,
    kind        text        NOT NULL,
    message     text        NOT NULL,
    occurred_at timestamptz NOT NULL,
    PRIMARY KEY (dag_id, kind, message)
);

-- Which scheduler works on a Dag. A scheduler is alive while its writing connection holds the advisory lock
-- (classid 7, objid = its job id): a lease of a scheduler without that lock may be taken by anybody.
CREATE TABLE dag_lease (
    dag_id       text PRIMARY KEY,
    scheduler_id bigint      NOT NULL,
    taken_at     timestamptz NOT NULL
);
CREATE INDEX dag_lease_by_scheduler ON dag_lease (scheduler_id);

CREATE TABLE backfill (
    id                 bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    dag_id             text        NOT NULL,
    from_date          timestamptz NOT NULL,
    to_date            timestamptz NOT NULL,
    conf               json        NOT NULL DEFAULT '{}',
    is_paused          boolean     NOT NULL DEFAULT false,
    run_backwards      boolean     NOT NULL DEFAULT false,
    reprocess_behavior text        NOT NULL CHECK (reprocess_behavior IN ('none', 'failed', 'completed')),
    max_active_runs    integer     NOT NULL CHECK (max_active_runs >= 1),
    triggering_user    text,
    created_at         timestamptz NOT NULL,
    completed_at       timestamptz,
    CHECK (from_date <= to_date)
);

CREATE TABLE dag_run (
    id                  bigint GENERATED BY DEFAULT AS IDENTITY PRIMARY KEY,
    dag_id              text        NOT NULL,
    run_id              text        NOT NULL CHECK (length(run_id) <= 250),
    run_type            text        NOT NULL CHECK (run_type IN ('backfill', 'scheduled', 'manual', 'asset_triggered', 'asset_materialization')),
    state               text        NOT NULL CHECK (state IN ('queued', 'running', 'success', 'failed')),
    logical_date        timestamptz,
    data_interval_start timestamptz,
    data_interval_end   timestamptz,
    run_after           timestamptz NOT NULL,
    queued_at           timestamptz NOT NULL,
    start_date          timestamptz,
    end_date            timestamptz,
    triggered_by        text        NOT NULL,
    triggering_user     text,
    conf                json        NOT NULL DEFAULT '{}',
    clear_number        integer     NOT NULL DEFAULT 0,
    backfill_id         bigint,
    version_id          bigint      NOT NULL,
    partition_key       text,
    note                text,
    trace_context       jsonb,
    UNIQUE (dag_id, run_id),
    CHECK ((data_interval_start IS NULL) = (data_interval_end IS NULL)),
    CHECK ((state IN ('success', 'failed')) = (end_date IS NOT NULL)),
    CHECK (state <> 'running' OR start_date IS NOT NULL)
) WITH (fillfactor = 80);
CREATE UNIQUE INDEX dag_run_logical_date ON dag_run (dag_id, logical_date) WHERE logical_date IS NOT NULL;
CREATE INDEX dag_run_recent ON dag_run (dag_id, run_after DESC, id DESC);
-- Lists of all Dags' runs, newest first.
CREATE INDEX dag_run_by_time ON dag_run (run_after DESC, id DESC);
-- Found at a scheduler's start and by the sweep; holds only the few that are not finished.
CREATE INDEX dag_run_unfinished ON dag_run (dag_id, id) WHERE end_date IS NULL;
CREATE INDEX dag_run_backfill ON dag_run (backfill_id) WHERE backfill_id IS NOT NULL;

CREATE TABLE backfill_dag_run (
    id               bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    backfill_id      bigint      NOT NULL REFERENCES backfill ON DELETE CASCADE,
    dag_run_id       bigint,
    logical_date     timestamptz NOT NULL,
    sort_ordinal     integer     NOT NULL,
    exception_reason text,
    UNIQUE (backfill_id, logical_date)
);

CREATE TABLE task_instance (
    run_pk           bigint   NOT NULL,
    task_id          text     NOT NULL,
    map_index        integer  NOT NULL DEFAULT -1 CHECK (map_index >= -1),
    -- The one attempt whose result is accepted; a new one for each try.
    attempt_id       uuid,
    state            text     CHECK (state IN ('scheduled', 'queued', 'running', 'success', 'failed', 'skipped', 'upstream_failed', 'up_for_retry', 'up_for_reschedule', 'deferred', 'restarting', 'removed', 'awaiting_input')),
    try_number       integer  NOT NULL DEFAULT 0 CHECK (try_number >= 0),
    max_tries        integer  NOT NULL,
    version_id       bigint   NOT NULL,
    pool             text     NOT NULL,
    pool_slots       integer  NOT NULL CHECK (pool_slots >= 1),
    queue            text     NOT NULL,
    priority_weight  integer  NOT NULL,
    operator         text     NOT NULL,
    scheduled_at     timestamptz,
    queued_at        timestamptz,
    start_date       timestamptz,
    end_date         timestamptz,
    -- Not before: the end of a retry delay, or the next poke.
    not_before       timestamptz,
    hostname         text,
    pid              integer,
    worker_id        text,
    rendered_map_index text,
    -- While deferred, and until the attempt goes on.
    trigger_id       bigint,
    trigger_timeout  timestamptz,
    next_method      text,
    next_kwargs      json,
    note             text,
    PRIMARY KEY (run_pk, task_id, map_index),
    CHECK (state NOT IN ('queued', 'running', 'restarting') OR attempt_id IS NOT NULL),
    CHECK (state IS DISTINCT FROM 'running' OR start_date IS NOT NULL)
) WITH (fillfactor = 70, autovacuum_vacuum_scale_factor = 0.02, autovacuum_vacuum_insert_scale_factor = 0.2);

-- One row for each finished try but the newest.
CREATE TABLE task_instance_history (
    run_pk           bigint   NOT NULL,
    task_id          text     NOT NULL,
    map_index        integer  NOT NULL,
    try_number       integer  NOT NULL,
    attempt_id       uuid     NOT NULL,
    state            text,
    max_tries        integer  NOT NULL,
    version_id       bigint   NOT NULL,
    pool             text     NOT NULL,
    pool_slots       integer  NOT NULL,
    queue            text     NOT NULL,
    priority_weight  integer  NOT NULL,
    operator         text     NOT NULL,
    scheduled_at     timestamptz,
    queued_at        timestamptz,
    start_date       timestamptz,
    end_date         timestamptz,
    hostname         text,
    pid              integer,
    worker_id        text,
    rendered_map_index text,
    PRIMARY KEY (run_pk, task_id, map_index, try_number, attempt_id)
);

CREATE TABLE task_reschedule (
    run_pk          bigint      NOT NULL,
    task_id         text        NOT NULL,
    map_index       integer     NOT NULL,
    attempt_id      uuid        NOT NULL,
    start_date      timestamptz NOT NULL,
    end_date        timestamptz NOT NULL,
    reschedule_date timestamptz NOT NULL,
    PRIMARY KEY (run_pk, task_id, map_index, attempt_id, start_date)
);

-- Length (and keys) of what a task returned, for the mapped tasks after it.
CREATE TABLE task_map (
    run_pk    bigint  NOT NULL,
    task_id   text    NOT NULL,
    map_index integer NOT NULL,
    length    integer NOT NULL CHECK (length >= 0),
    keys      json,
    PRIMARY KEY (run_pk, task_id, map_index)
);

CREATE TABLE xcom (
    run_pk     bigint      NOT NULL,
    task_id    text        NOT NULL,
    map_index  integer     NOT NULL,
    key        text        NOT NULL CHECK (length(key) <= 512),
    -- Exactly one: JSON in place, or {"uri", "bytes", "mediaType"} of a file in the artifact store.
    value      json,
    ref        json,
    created_at timestamptz NOT NULL,
    PRIMARY KEY (run_pk, task_id, map_index, key),
    CHECK ((value IS NULL) <> (ref IS NULL))
);

CREATE TABLE rendered_task_instance_fields (
    run_pk    bigint  NOT NULL,
    task_id   text    NOT NULL,
    map_index integer NOT NULL,
    fields    json    NOT NULL,
    PRIMARY KEY (run_pk, task_id, map_index)
);

-- What a triggerer waits for on behalf of a deferred attempt (or of an asset's watcher).
CREATE TABLE trigger (
    id            bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    classpath     text        NOT NULL,
    kwargs        bytea       NOT NULL,
    queue         text,
    created_at    timestamptz NOT NULL,
    triggerer_id  bigint,
    version_id    bigint,
    run_pk        bigint,
    task_id       text,
    map_index     integer,
    attempt_id    uuid,
    asset_id      bigint,
    -- Set when it fired; the scheduler takes the row away when the task is scheduled again.
    fired_at      timestamptz,
    event         json,
    error         text
);
CREATE INDEX trigger_unclaimed ON trigger (id) WHERE triggerer_id IS NULL AND fired_at IS NULL;
CREATE INDEX trigger_watched ON trigger (triggerer_id, id) WHERE fired_at IS NULL;
CREATE INDEX trigger_by_run ON trigger (run_pk);
CREATE INDEX trigger_fired ON trigger (id) WHERE fired_at IS NOT NULL;

-- What other processes ask of the scheduler that holds the Dag's lease: clear, mark, delete, fired triggers.
CREATE TABLE scheduler_request (
    id         bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    dag_id     text        NOT NULL,
    kind       text        NOT NULL,
    payload    json        NOT NULL,
    created_at timestamptz NOT NULL,
    requested_by text
);
CREATE INDEX scheduler_request_by_dag ON scheduler_request (dag_id, id);
