-- The commit of a Git bundle at which a version was first seen.
ALTER TABLE dag_version ADD COLUMN bundle_version text;
