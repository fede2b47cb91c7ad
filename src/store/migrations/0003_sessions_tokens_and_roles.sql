-- How people sign in: sessions of the page, tokens of programs, roles of one's own, and what slows guessing down.
-- Ids and tokens are kept as SHA-256: who reads the table cannot sign in with it.

ALTER TABLE app_user
    -- Tokens and sessions that were given out before are no longer accepted: set with each new password.
    ADD COLUMN signed_out_before timestamptz NOT NULL DEFAULT '-infinity',
    ADD COLUMN last_login timestamptz,
    ADD COLUMN login_count bigint NOT NULL DEFAULT 0,
    -- Of the OpenID provider that vouches for the user: "issuer subject".
    ADD COLUMN external_id text UNIQUE;

CREATE TABLE app_session (
    id_hash    bytea PRIMARY KEY,
    user_id    bigint      NOT NULL REFERENCES app_user ON DELETE CASCADE,
    created_at timestamptz NOT NULL,
    expires_at timestamptz NOT NULL
);
CREATE INDEX app_session_by_user ON app_session (user_id);

CREATE TABLE api_token (
    id           bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    user_id      bigint      NOT NULL REFERENCES app_user ON DELETE CASCADE,
    name         text        NOT NULL CHECK (length(name) BETWEEN 1 AND 250),
    token_hash   bytea       NOT NULL UNIQUE,
    -- "read", "edit:DAGs"; null: all that its user may.
    scopes       text[],
    created_at   timestamptz NOT NULL,
    expires_at   timestamptz,
    last_used_at timestamptz
);
CREATE INDEX api_token_by_user ON api_token (user_id, id);

-- Signed tokens that were taken back before they expired; kept until then.
CREATE TABLE revoked_token (
    jti        text PRIMARY KEY,
    expires_at timestamptz NOT NULL
);

-- Beside Airflow's five, which have fixed permissions: "read DAGs", "edit DAG:my_dag".
CREATE TABLE app_role (
    name        text PRIMARY KEY CHECK (length(name) BETWEEN 1 AND 64),
    permissions text[] NOT NULL DEFAULT '{}'
);

-- By who tried and from where; the row goes with the first success.
CREATE TABLE failed_sign_in (
    who           text PRIMARY KEY,
    failures      integer     NOT NULL,
    latest_at     timestamptz NOT NULL
);

-- The few Dags that give rights to roles, found without reading every Dag's specification.
CREATE INDEX dag_version_access ON dag_version (id) WHERE spec ? 'accessControl';
