-- Runs of an experiment by the last value of a metric: a search that wants the best hundred reads a hundred entries, and
-- one that compares a metric reads its part of the index and not the rows.
--
-- The experiment of a run never changes, so it may stand here too. An update of a value has to touch this index: that is
-- one entry for each key of a batch.
ALTER TABLE run_latest_metric ADD COLUMN experiment_id bigint;
UPDATE run_latest_metric l SET experiment_id = r.experiment_id FROM run r WHERE r.run_id = l.run_id;
-- What a run left behind that is gone.
DELETE FROM run_latest_metric WHERE experiment_id IS NULL;
ALTER TABLE run_latest_metric ALTER COLUMN experiment_id SET NOT NULL;
DROP INDEX run_latest_metric_by_key;
CREATE INDEX run_latest_metric_by_value ON run_latest_metric (experiment_id, key, value, run_id);

-- Documents whose order means something to their readers: the features of a view, the parameters of a search.
ALTER TABLE feature_view ALTER COLUMN spec TYPE json;
ALTER TABLE study ALTER COLUMN spec TYPE json;

-- Minutes of all endpoints that are old enough to go.
CREATE INDEX endpoint_minute_by_age ON endpoint_minute (minute);
