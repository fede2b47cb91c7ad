/** What the nodes of lineage are: for the server and the page. */
export const lineageKinds = [
  "prediction",
  "endpoint",
  "endpoint_variant",
  "registered_model",
  "model_version",
  "logged_model",
  "run",
  "task_attempt",
  "dag_run",
  "dag_version",
  "dataset",
  "feature_view",
  "asset",
  "asset_event",
] as const;
export type LineageKind = (typeof lineageKinds)[number];
