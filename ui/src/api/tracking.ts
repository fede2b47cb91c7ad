/**
 * Experiments, runs, models and studies: what views ask, and what people do. The second part of a key names what the
 * answer is about (`run:…`): a live event names the same.
 */
import { keepPreviousData, useQuery } from "@tanstack/react-query";
import { change, get, type Query, seg } from "./client.ts";
import type * as T from "./tracking-types.ts";

type Subjects = readonly string[];

function useTracked<Answer>(
  subjects: Subjects,
  what: string,
  path: string,
  query: Query = {},
  enabled = true,
) {
  return useQuery({
    queryKey: ["ml", subjects, what, query],
    queryFn: ({ signal }) => get<Answer>(path, query, signal),
    placeholderData: keepPreviousData,
    enabled,
  });
}

const ui = "/ui/tracking";

export const useExperiments = (query: Query) =>
  useTracked<T.ExperimentList>(["experiments"], "list", `${ui}/experiments`, query);
export const useExperiment = (id: string) =>
  useTracked<T.ExperimentItem>([`experiment:${id}`], "head", `${ui}/experiments/${seg(id)}`);
export const useRunColumns = (ids: readonly string[]) =>
  useTracked<T.RunColumns>(subjectsOf(ids), "columns", `${ui}/columns`, { experiments: ids.join(",") });
export const useTrackedRun = (runId: string) =>
  useTracked<T.RunPage>([`run:${runId}`], "page", `${ui}/runs/${seg(runId)}`);
export const useComparison = (runIds: readonly string[]) =>
  useTracked<T.RunFacts[]>(
    runIds.map((id) => `run:${id}`),
    "comparison",
    `${ui}/comparison`,
    { runs: runIds.join(",") },
    runIds.length > 0,
  );
export const useModels = (query: Query) => useTracked<T.ModelList>(["models"], "list", `${ui}/models`, query);
export const useModel = (name: string, enabled = true) =>
  useTracked<T.ModelPage>([`model:${name}`], "page", `${ui}/models/${seg(name)}`, {}, enabled);
export const useModelVersion = (name: string, version: string) =>
  useTracked<T.ModelVersionPage>(
    [`model:${name}`],
    `version ${version}`,
    `${ui}/models/${seg(name)}/versions/${seg(version)}`,
  );
export const useModelHistory = (name: string, version?: string) =>
  useTracked<{ events: T.ModelEvent[] }>(
    [`model:${name}`],
    "history",
    "/ajax-api/2.0/mlflow/model-versions/history",
    { name, version, max_results: 500 },
  );
export const useStudies = (query: Query) =>
  useTracked<T.StudyList>(["studies"], "list", "/api/studies", query);
export const useStudy = (name: string) =>
  useTracked<T.Study>([`study:${name}`], "head", `/api/studies/${seg(name)}`);
export const useTrials = (name: string) =>
  useTracked<{ trials: T.Trial[]; total_entries: number }>(
    [`study:${name}`],
    "trials",
    `/api/studies/${seg(name)}/trials`,
    { limit: 10_000 },
  );
export const useImportance = (name: string, target: number, enabled: boolean) =>
  useTracked<{ importance: { [param: string]: number } }>(
    [`study:${name}`],
    "importance",
    `/api/studies/${seg(name)}/importance`,
    { target },
    enabled,
  );
export const useTrackedRunsOf = (dagId: string, runId: string, query: Query = {}) =>
  useTracked<T.TrackedRun[]>(
    ["experiments"],
    `of ${dagId} ${runId}`,
    `/ui/dags/${seg(dagId)}/runs/${seg(runId)}/tracked`,
    query,
  );

export const subjectsOf = (experimentIds: readonly string[]): string[] =>
  experimentIds.map((id) => `experiment:${id}`);

/** One window of a list of runs: key and question, for queries that are made as one scrolls. */
export const runWindowQuery = (ids: readonly string[], query: Query) => ({
  queryKey: ["ml", subjectsOf(ids), "window", query] as const,
  queryFn: ({ signal }: { signal: AbortSignal }) =>
    get<T.RunWindow>(`${ui}/runs`, { ...query, experiments: ids.join(",") }, signal),
});

/** Points of one metric of some runs (100 at most), thinned by the server where there are more than 1000 steps. */
export const curveQuery = (runIds: readonly string[], metric: string) => ({
  queryKey: ["ml", runIds.map((id) => `run:${id}`), "curve", metric] as const,
  queryFn: ({ signal }: { signal: AbortSignal }) =>
    get<{ metrics?: T.WirePoint[] }>(
      "/ajax-api/2.0/mlflow/metrics/get-history-bulk-interval",
      { run_ids: runIds, metric_key: metric, max_results: 1000 },
      signal,
    ),
});

const mlflow = "/ajax-api/2.0/mlflow";
const post = <Answer = unknown>(path: string, body: object) =>
  change<Answer>("POST", `${mlflow}/${path}`, body);
const patch = (path: string, body: object) => change("PATCH", `${mlflow}/${path}`, body);
const remove = (path: string, body: object) => change("DELETE", `${mlflow}/${path}`, body);

export const createExperiment = (name: string, artifactLocation: string) =>
  post<{ experiment_id: string }>("experiments/create", {
    name,
    ...(artifactLocation === "" ? {} : { artifact_location: artifactLocation }),
  });
export const renameExperiment = (id: string, name: string) =>
  post("experiments/update", { experiment_id: id, new_name: name });
export const experimentAction = (id: string, what: "delete" | "restore" | "delete-permanently") =>
  post(`experiments/${what}`, { experiment_id: id });
export const tagExperiment = (id: string, key: string, value: string | null) =>
  value === null
    ? post("experiments/delete-experiment-tag", { experiment_id: id, key })
    : post("experiments/set-experiment-tag", { experiment_id: id, key, value });
export const runAction = (id: string, what: "delete" | "restore" | "delete-permanently") =>
  post(`runs/${what}`, { run_id: id });
export const renameRun = (id: string, name: string) => post("runs/update", { run_id: id, run_name: name });
export const tagRun = (id: string, key: string, value: string | null) =>
  value === null
    ? post("runs/delete-tag", { run_id: id, key })
    : post("runs/set-tag", { run_id: id, key, value });

export const createModel = (name: string, description: string) =>
  post("registered-models/create", { name, description });
export const describeModel = (name: string, description: string) =>
  patch("registered-models/update", { name, description });
export const renameModel = (name: string, newName: string) =>
  post("registered-models/rename", { name, new_name: newName });
export const deleteModel = (name: string) => remove("registered-models/delete", { name });
export const tagModel = (name: string, key: string, value: string | null) =>
  value === null
    ? remove("registered-models/delete-tag", { name, key })
    : post("registered-models/set-tag", { name, key, value });
export const setAlias = (name: string, alias: string, version: number) =>
  post("registered-models/alias", { name, alias, version: String(version) });
export const removeAlias = (name: string, alias: string) =>
  remove("registered-models/alias", { name, alias });

export interface NewVersion {
  name: string;
  source: string;
  run_id: string;
  model_id?: string;
}
export const registerVersion = (version: NewVersion) =>
  post<{ model_version: { name: string; version: string } }>("model-versions/create", version);
export const describeVersion = (name: string, version: number, description: string) =>
  patch("model-versions/update", { name, version: String(version), description });
export const deleteVersion = (name: string, version: number) =>
  remove("model-versions/delete", { name, version: String(version) });
export const tagVersion = (name: string, version: number, key: string, value: string | null) =>
  value === null
    ? remove("model-versions/delete-tag", { name, version: String(version), key })
    : post("model-versions/set-tag", { name, version: String(version), key, value });
export const moveToStage = (name: string, version: number, stage: string, archive: boolean) =>
  post("model-versions/transition-stage", {
    name,
    version: String(version),
    stage,
    archive_existing_versions: archive,
  });

export const deleteStudy = (name: string) => change("DELETE", `/api/studies/${seg(name)}`);
