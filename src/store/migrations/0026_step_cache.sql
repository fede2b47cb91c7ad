-- The step cache: results that stand for later attempts of the same step, and what came of each look into it.

-- Of the attempt that made the result: it goes with that run, and with it the files of large values.
CREATE TABLE step_cache (
    run_pk       bigint      NOT NULL,
    task_id      text        NOT NULL,
    map_index    integer     NOT NULL,
    try_number   integer     NOT NULL,
    dag_id       text        NOT NULL,
    run_id       text        NOT NULL,
    -- SHA-256 of code, inputs and params.
    key          text        NOT NULL,
    -- Digests of what the key is made of, by name, to say what changed.
    parts        jsonb       NOT NULL,
    -- What the attempt looked at besides: {"logicalDate": "…"}.
    surroundings jsonb       NOT NULL DEFAULT '{}',
    -- {xcoms, length, keys, skip, outletEvents} of the attempt's end.
    result       json        NOT NULL,
    created_at   timestamptz NOT NULL,
    expires_at   timestamptz,
    PRIMARY KEY (run_pk, task_id, map_index)
);
CREATE INDEX step_cache_by_key ON step_cache (key, created_at DESC);
CREATE INDEX step_cache_by_task ON step_cache (dag_id, task_id, created_at DESC);

CREATE TABLE step_cache_lookup (
    run_pk        bigint      NOT NULL,
    task_id       text        NOT NULL,
    map_index     integer     NOT NULL,
    try_number    integer     NOT NULL,
    outcome       text        NOT NULL CHECK (outcome IN ('hit', 'miss', 'off')),
    -- In words: why.
    explanation   text        NOT NULL,
    key           text,
    -- Of a hit: whose result it is.
    source_run_id text,
    source_map_index integer,
    source_try_number integer,
    looked_at     timestamptz NOT NULL,
    PRIMARY KEY (run_pk, task_id, map_index, try_number)
);
