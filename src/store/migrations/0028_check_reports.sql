-- Reports of checks: of data, of drift, and of how models do once their labels have come.

CREATE TABLE check_report (
    id             bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    kind           text        NOT NULL CHECK (kind IN ('validation', 'drift', 'performance')),
    -- The suite's name, or that of the comparison. Reports of one kind, name and data set are one series.
    name           text        NOT NULL CHECK (length(name) BETWEEN 1 AND 250),
    dataset        text        NOT NULL DEFAULT '' CHECK (length(dataset) <= 500),
    dataset_digest text,
    model_name     text,
    model_version  text,
    endpoint       text,
    created_at     timestamptz NOT NULL,
    outcome        text        NOT NULL CHECK (outcome IN ('passed', 'warned', 'failed')),
    -- Share of expectations that do not hold, share of drifted columns, or by how much a score is worse; null: no number.
    score          float8,
    -- From where on the score is a failure; null where it has no such border.
    threshold      float8,
    -- Expectations, columns, or labelled predictions; and how many of them do not hold or drifted.
    checked        integer     NOT NULL,
    failed         integer     NOT NULL,
    report         jsonb       NOT NULL,
    -- Who made it: the attempt of a task, or a person.
    actor          text        NOT NULL,
    dag_id         text,
    dag_run_pk     bigint,
    dag_run_id     text,
    task_id        text,
    map_index      integer,
    attempt_id     uuid,
    try_number     integer,
    CHECK ((dag_run_pk IS NULL) = (attempt_id IS NULL))
);
-- The history of a series, and a jump from each series to the next.
CREATE INDEX check_report_series ON check_report (kind, name, dataset, created_at DESC, id DESC);
CREATE INDEX check_report_recent ON check_report (created_at DESC, id DESC);
CREATE INDEX check_report_by_task ON check_report (dag_run_pk, task_id, map_index) WHERE dag_run_pk IS NOT NULL;
CREATE INDEX check_report_by_dag ON check_report (dag_id, created_at DESC, id DESC) WHERE dag_id IS NOT NULL;
