-- How often a callback was handed to a worker that did not tell its end.
ALTER TABLE callback ADD COLUMN tries integer NOT NULL DEFAULT 0;

-- Of dates that only the user's own timetable could name: what it said of them.
ALTER TABLE backfill_dag_run ADD COLUMN data_interval_start timestamptz;
ALTER TABLE backfill_dag_run ADD COLUMN data_interval_end timestamptz;
ALTER TABLE backfill_dag_run ADD COLUMN run_after timestamptz;
ALTER TABLE backfill_dag_run ADD COLUMN run_id text;
ALTER TABLE backfill_dag_run ADD COLUMN partition_key text;

-- What other processes want to know of timetables that users wrote. Only the scheduler that has the Dag may run them.
CREATE TABLE timetable_question (
    id          bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    dag_id      text        NOT NULL,
    version_id  bigint      NOT NULL,
    question    json        NOT NULL,
    asked_at    timestamptz NOT NULL,
    answered_at timestamptz,
    answer      json,
    problem     text
);
CREATE INDEX timetable_question_open ON timetable_question (dag_id, id) WHERE answered_at IS NULL;

-- Events with a partition key, until the mapper of the Dag that waits for them has said which partitions they are of.
CREATE TABLE partition_event (
    dag_id   text   NOT NULL,
    event_id bigint NOT NULL,
    PRIMARY KEY (dag_id, event_id)
);

-- A partition of a Dag for which events have come. `run_pk` is null until it has a run.
CREATE TABLE partition_run (
    id            bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    dag_id        text        NOT NULL,
    partition_key text        NOT NULL,
    created_at    timestamptz NOT NULL,
    run_pk        bigint
);
CREATE UNIQUE INDEX partition_run_waiting ON partition_run (dag_id, partition_key) WHERE run_pk IS NULL;
CREATE INDEX partition_run_by_run ON partition_run (run_pk) WHERE run_pk IS NOT NULL;

CREATE TABLE partition_run_event (
    partition_run_id bigint NOT NULL,
    event_id         bigint NOT NULL,
    PRIMARY KEY (partition_run_id, event_id)
);
