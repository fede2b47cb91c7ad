-- A schedule on assets that goes by their partitions: events with a key are its, and no others.
ALTER TABLE asset_reference ADD COLUMN is_partitioned boolean NOT NULL DEFAULT false;
