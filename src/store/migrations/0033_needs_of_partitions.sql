-- What the Dag's mappers said of a partition when they were asked last: pages show it without asking them again.
-- `needs`: for each asset of the schedule the keys that it waits for; `complete`: the assets that have brought theirs.
ALTER TABLE partition_run
    ADD COLUMN needs      jsonb,
    ADD COLUMN complete   jsonb NOT NULL DEFAULT '[]',
    ADD COLUMN problem    text,
    ADD COLUMN version_id bigint;
