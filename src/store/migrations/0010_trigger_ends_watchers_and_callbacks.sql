-- Set when a trigger ended its task without waking it: {"state", "xcoms"}.
ALTER TABLE trigger ADD COLUMN ends json;

-- Of an asset's watcher, which fires again and again: its name, and the Dag that defines it.
ALTER TABLE trigger ADD COLUMN watcher text;
ALTER TABLE trigger ADD COLUMN dag_id text;
CREATE UNIQUE INDEX trigger_by_watcher ON trigger (asset_id, watcher) WHERE watcher IS NOT NULL;
CREATE INDEX trigger_of_watchers ON trigger (dag_id) WHERE watcher IS NOT NULL;

-- Callbacks of Dags, and of tasks that did not live to call their own. A row comes in the transaction of the end that
-- asks for it and goes when the callback has run, so that a scheduler's death between the two loses none.
CREATE TABLE callback (
    id         uuid        PRIMARY KEY,
    dag_id     text        NOT NULL,
    run_pk     bigint      NOT NULL,
    version_id bigint      NOT NULL,
    kind       json        NOT NULL,
    context    json        NOT NULL,
    log_path   text        NOT NULL,
    created_at timestamptz NOT NULL
);
CREATE INDEX callback_by_dag ON callback (dag_id, created_at);
CREATE INDEX callback_by_run ON callback (run_pk);
