-- Studies: what is searched, and the trials of the search.

-- `revision` grows with every batch of changes; who has read up to one reads only what came after it.
CREATE TABLE study (
    id         bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    name       text        NOT NULL UNIQUE CHECK (length(name) BETWEEN 1 AND 500),
    directions text[]      NOT NULL CHECK (cardinality(directions) > 0 AND directions <@ ARRAY['minimize', 'maximize']),
    spec       jsonb       NOT NULL,
    revision   bigint      NOT NULL DEFAULT 0,
    created_at timestamptz NOT NULL
);

-- Numbers are without gaps from 0, given out under the lock of the study's row.
CREATE TABLE study_trial (
    study_id      bigint      NOT NULL REFERENCES study ON DELETE CASCADE,
    number        integer     NOT NULL CHECK (number >= 0),
    revision      bigint      NOT NULL,
    state         text        NOT NULL CHECK (state IN ('waiting', 'running', 'complete', 'pruned', 'fail')),
    params        jsonb       NOT NULL DEFAULT '{}',
    distributions jsonb,
    "values"      float8[],
    report_steps  integer[]   NOT NULL DEFAULT '{}',
    report_values float8[]    NOT NULL DEFAULT '{}',
    attrs         jsonb       NOT NULL DEFAULT '{}',
    system        jsonb       NOT NULL DEFAULT '{}',
    worker        text,
    error         text,
    started_at    timestamptz,
    ended_at      timestamptz,
    heartbeat_at  timestamptz,
    PRIMARY KEY (study_id, number),
    CHECK ((ended_at IS NULL) = (state IN ('waiting', 'running'))),
    CHECK (state <> 'complete' OR "values" IS NOT NULL),
    CHECK (cardinality(report_steps) = cardinality(report_values))
);
CREATE INDEX study_trial_by_revision ON study_trial (study_id, revision);
