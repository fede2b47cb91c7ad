-- What plugins of Airflow bring, as the Python of the Dag processor said it last; the API loads no code of users.
CREATE TABLE plugin (
    name     text  PRIMARY KEY,
    -- A file, or the entry point of an installed package.
    source   text  NOT NULL,
    -- Kind → what there is of it, in the words of Airflow's plugin list.
    contents jsonb NOT NULL
);
CREATE TABLE plugin_import_error (
    source text PRIMARY KEY,
    error  text NOT NULL
);

ALTER TABLE dag ADD COLUMN last_parse_seconds double precision;

-- One that was paused may end, too: that somebody gave it up is said apart.
ALTER TABLE backfill ADD COLUMN cancelled_at timestamptz;
UPDATE backfill SET cancelled_at = completed_at WHERE is_paused AND completed_at IS NOT NULL;
