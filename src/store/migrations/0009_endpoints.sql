-- Endpoints: names under which models answer, how their traffic is shared, and what came of it.

CREATE TABLE endpoint (
    name        text PRIMARY KEY,
    description text        NOT NULL DEFAULT '',
    -- Counts the changes of the traffic. A change says which one it was made on, so that of two at once one is refused.
    generation  integer     NOT NULL DEFAULT 1 CHECK (generation >= 1),
    -- [{name, model, weight, shadow}]; the weights add up to 100.
    variants    jsonb       NOT NULL,
    -- {max_error_rate, max_p99_ms, min_requests}; null: nobody watches.
    guardrails  jsonb,
    created_at  timestamptz NOT NULL,
    updated_at  timestamptz NOT NULL
);

-- Every state that the traffic had. Going back is writing an old one again; the audit is this table.
CREATE TABLE endpoint_change (
    endpoint   text        NOT NULL REFERENCES endpoint ON UPDATE CASCADE ON DELETE CASCADE,
    generation integer     NOT NULL,
    changed_at timestamptz NOT NULL,
    kind       text        NOT NULL CHECK (kind IN ('created', 'traffic', 'promoted', 'rolled_back', 'guardrail')),
    actor      text,
    reason     text,
    variants   jsonb       NOT NULL,
    PRIMARY KEY (endpoint, generation)
);

-- What each variant did in each minute. Servers add to it once in a while, so a request costs no write.
CREATE TABLE endpoint_minute (
    endpoint      text        NOT NULL REFERENCES endpoint ON UPDATE CASCADE ON DELETE CASCADE,
    variant       text        NOT NULL,
    model_version text        NOT NULL,
    minute        timestamptz NOT NULL,
    requests      integer     NOT NULL,
    errors        integer     NOT NULL,
    -- Counts of latency-histogram.ts, bucket by bucket.
    latency       integer[]   NOT NULL,
    PRIMARY KEY (endpoint, minute, variant, model_version)
);

-- Business metrics: what came of an answer, told later by the answer's id. Each metric counts once for an answer.
CREATE TABLE endpoint_outcome (
    endpoint    text        NOT NULL REFERENCES endpoint ON UPDATE CASCADE ON DELETE CASCADE,
    request_id  text        NOT NULL,
    metric      text        NOT NULL,
    variant     text        NOT NULL,
    value       float8      NOT NULL,
    happened_at timestamptz NOT NULL,
    PRIMARY KEY (endpoint, metric, request_id)
);
