-- Dags that a person marked; the list of Dags shows and filters by them.

CREATE TABLE dag_favorite (
    user_id bigint NOT NULL REFERENCES app_user ON DELETE CASCADE,
    dag_id  text   NOT NULL REFERENCES dag ON DELETE CASCADE,
    PRIMARY KEY (user_id, dag_id)
);
