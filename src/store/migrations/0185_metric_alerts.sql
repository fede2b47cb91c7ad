-- Rules about what runs of an experiment log, and what broke them. A rule speaks once of a run: the row of the alert is
-- the lock. `metric_watch` is what a rule that waits for an improvement remembers of a run.
CREATE TABLE metric_alert_rule (
    rule_id           uuid PRIMARY KEY,
    experiment_id     bigint           NOT NULL REFERENCES experiment ON DELETE CASCADE,
    name              text             NOT NULL CHECK (name <> '' AND length(name) <= 250),
    metric            text             NOT NULL CHECK (metric <> '' AND length(metric) <= 250),
    kind              text             NOT NULL CHECK (kind IN ('above', 'below', 'not_finite', 'no_improvement')),
    threshold         double precision,
    patience          bigint           CHECK (patience > 0),
    min_change        double precision NOT NULL DEFAULT 0 CHECK (min_change >= 0),
    greater_is_better boolean          NOT NULL DEFAULT false,
    stop              boolean          NOT NULL DEFAULT false,
    -- Who is told: an address of the outside, sealed, since those of chats are secrets.
    url               bytea,
    created_by        text,
    created_at        timestamptz      NOT NULL,
    UNIQUE (experiment_id, name),
    CHECK ((kind IN ('above', 'below')) = (threshold IS NOT NULL)),
    CHECK ((kind = 'no_improvement') = (patience IS NOT NULL))
);

CREATE TABLE metric_watch (
    rule_id   uuid             NOT NULL REFERENCES metric_alert_rule ON DELETE CASCADE,
    run_id    uuid             NOT NULL,
    best      double precision NOT NULL,
    best_step bigint           NOT NULL,
    PRIMARY KEY (rule_id, run_id)
) WITH (fillfactor = 80);
CREATE INDEX metric_watch_by_run ON metric_watch (run_id);

CREATE TABLE metric_alert (
    rule_id  uuid             NOT NULL REFERENCES metric_alert_rule ON DELETE CASCADE,
    run_id   uuid             NOT NULL,
    step     bigint           NOT NULL,
    value    double precision NOT NULL,
    message  text             NOT NULL,
    fired_at timestamptz      NOT NULL,
    PRIMARY KEY (rule_id, run_id)
);
CREATE INDEX metric_alert_by_run ON metric_alert (run_id);
