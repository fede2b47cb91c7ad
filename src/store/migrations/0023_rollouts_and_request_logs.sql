-- Rollouts: a variant of an endpoint gets more of the traffic step by step, for as long as its guardrails hold.

-- Counted by the generation in which a request was answered: a step of a rollout is judged by its own requests alone.
ALTER TABLE endpoint_minute ADD COLUMN generation integer NOT NULL DEFAULT 1;
ALTER TABLE endpoint_minute ALTER COLUMN generation DROP DEFAULT;
ALTER TABLE endpoint_minute DROP CONSTRAINT endpoint_minute_pkey;
ALTER TABLE endpoint_minute ADD PRIMARY KEY (endpoint, minute, variant, model_version, generation);

ALTER TABLE endpoint_change DROP CONSTRAINT endpoint_change_kind_check;
ALTER TABLE endpoint_change ADD CONSTRAINT endpoint_change_kind_check
    CHECK (kind IN ('created', 'traffic', 'promoted', 'rolled_back', 'guardrail', 'rollout'));

-- {sample}: the share of requests that are kept, with what was asked and answered; null: none is.
ALTER TABLE endpoint ADD COLUMN request_log jsonb;

CREATE TABLE endpoint_rollout (
    id              bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    endpoint        text        NOT NULL REFERENCES endpoint ON UPDATE CASCADE ON DELETE CASCADE,
    variant         text        NOT NULL,
    model           text        NOT NULL,
    -- The variant that it is compared with.
    baseline        text        NOT NULL,
    -- [{weight, bake_seconds, min_requests}]
    steps           jsonb       NOT NULL,
    guardrails      jsonb       NOT NULL,
    -- The variants before the first step, which a rollback restores.
    before          jsonb       NOT NULL,
    state           text        NOT NULL CHECK (state IN
                        ('running', 'paused', 'succeeded', 'rolled_back', 'aborted', 'superseded')),
    step            integer     NOT NULL DEFAULT 0 CHECK (step >= 0),
    -- That of the endpoint, as the rollout left it: another one means that somebody else changed the traffic.
    generation      integer     NOT NULL,
    started_at      timestamptz NOT NULL,
    step_started_at timestamptz NOT NULL,
    ended_at        timestamptz CHECK ((ended_at IS NULL) = (state IN ('running', 'paused'))),
    -- What it waits for, or why it ended.
    reason          text
);
-- Of two that start at once one is refused; and it is what the server looks at every few seconds.
CREATE UNIQUE INDEX endpoint_rollout_active ON endpoint_rollout (endpoint) WHERE state IN ('running', 'paused');
CREATE INDEX endpoint_rollout_of_endpoint ON endpoint_rollout (endpoint, id);

-- Who did what to a rollout, and what it did itself (actor null).
CREATE TABLE endpoint_rollout_event (
    rollout     bigint      NOT NULL REFERENCES endpoint_rollout ON DELETE CASCADE,
    number      bigint      GENERATED ALWAYS AS IDENTITY,
    happened_at timestamptz NOT NULL,
    kind        text        NOT NULL CHECK (kind IN
                    ('started', 'step', 'paused', 'resumed', 'succeeded', 'rolled_back', 'aborted', 'superseded')),
    actor       text,
    reason      text,
    PRIMARY KEY (rollout, number)
);
