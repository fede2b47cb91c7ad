/** The questions that views ask. Keys of what belongs to a Dag start with `["dag", id]`: live events renew those. */
import { keepPreviousData, useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { say, sayError } from "../components/toast.tsx";
import { get, type Query, seg } from "./client.ts";
import type * as T from "./types.ts";

export function useAsk<Answer>(key: readonly unknown[], path: string, query: Query = {}, enabled = true) {
  return useQuery({
    queryKey: [...key, query],
    queryFn: ({ signal }) => get<Answer>(path, query, signal),
    placeholderData: keepPreviousData,
    enabled,
  });
}

const ofDag = (dagId: string): string => `/ui/dags/${seg(dagId)}`;
const ofRun = (dagId: string, runId: string): string => `${ofDag(dagId)}/runs/${seg(runId)}`;

export const useHome = () => useAsk<T.Home>(["home"], "/ui/home");
export const useDags = (query: Query) => useAsk<T.DagList>(["dags", "list"], "/ui/dags", query);
export const useDagFacets = () => useAsk<T.DagFacets>(["dags", "facets"], "/ui/dags/facets");
export const useImportErrors = () => useAsk<T.ImportProblem[]>(["dags", "errors"], "/ui/import-errors");
export const useDag = (dagId: string) => useAsk<T.DagHeader>(["dag", dagId, "header"], ofDag(dagId));
export const useStructure = (dagId: string, version?: number | null) =>
  useAsk<T.DagStructure>(["structure", dagId], `${ofDag(dagId)}/structure`, { version });
export const useGrid = (dagId: string, query: Query) =>
  useAsk<T.GridData>(["dag", dagId, "grid"], `${ofDag(dagId)}/grid`, query);
export const useCalendar = (dagId: string, query: Query) =>
  useAsk<T.CalendarDay[]>(["dag", dagId, "calendar"], `${ofDag(dagId)}/calendar`, query);
export const useBackfills = (dagId: string) =>
  useAsk<T.BackfillItem[]>(["dag", dagId, "backfills"], `${ofDag(dagId)}/backfills`);
export const usePartitions = (dagId: string, query: Query) =>
  useAsk<T.PartitionedDagRuns>(["dag", dagId, "partitions"], "/ui/partitioned_dag_runs", {
    dag_id: dagId,
    ...query,
  });
export const usePendingPartition = (dagId: string, key: string) =>
  useAsk<T.PendingPartition>(["dag", dagId, "partition"], `/ui/pending_partitioned_dag_run/${seg(dagId)}`, {
    partition_key: key,
  });
export const useDurations = (dagId: string, query: Query) =>
  useAsk<T.Durations>(["dag", dagId, "durations"], `${ofDag(dagId)}/durations`, query);
export const useVersions = (dagId: string) =>
  useAsk<T.VersionItem[]>(["dag", dagId, "versions"], `${ofDag(dagId)}/versions`);
export const useVersionSource = (dagId: string, version: number | null) =>
  useAsk<T.VersionSource>(
    ["source", dagId, version],
    `${ofDag(dagId)}/versions/${version}`,
    {},
    version !== null,
  );
export const useRunList = (dagId: string | undefined, query: Query) =>
  useAsk<T.RunList>(dagId === undefined ? ["runs"] : ["dag", dagId, "runs"], "/ui/runs", query);
export const useRun = (dagId: string, runId: string, enabled = true) =>
  useAsk<T.RunDetail>(["dag", dagId, "run", runId], ofRun(dagId, runId), {}, enabled);
export const useInstances = (dagId: string, runId: string, query: Query) =>
  useAsk<T.InstanceList>(
    ["dag", dagId, "run", runId, "instances"],
    `${ofRun(dagId, runId)}/instances`,
    query,
  );
/** Task id → how many of its instances are in each state. */
export const useTaskCounts = (dagId: string, runId: string, enabled = true) =>
  useAsk<{ [taskId: string]: { [state: string]: number } }>(
    ["dag", dagId, "run", runId, "states"],
    `${ofRun(dagId, runId)}/states`,
    {},
    enabled,
  );
export const useGantt = (dagId: string, runId: string, enabled = true) =>
  useAsk<T.Bar[]>(["dag", dagId, "run", runId, "gantt"], `${ofRun(dagId, runId)}/gantt`, {}, enabled);
export const useInstance = (dagId: string, runId: string, taskId: string, mapIndex: number, enabled = true) =>
  useAsk<T.InstanceDetail>(
    ["dag", dagId, "run", runId, "task", taskId, mapIndex],
    `${ofRun(dagId, runId)}/tasks/${seg(taskId)}`,
    { map_index: mapIndex },
    enabled,
  );
export const useXComs = (dagId: string, runId: string, taskId: string, mapIndex: number) =>
  useAsk<T.XComItem[]>(
    ["dag", dagId, "run", runId, "xcoms", taskId, mapIndex],
    `${ofRun(dagId, runId)}/tasks/${seg(taskId)}/xcoms`,
    { map_index: mapIndex },
  );
export const useRendered = (dagId: string, runId: string, taskId: string, mapIndex: number) =>
  useAsk<{ [field: string]: T.Json } | null>(
    ["dag", dagId, "run", runId, "rendered", taskId, mapIndex],
    `${ofRun(dagId, runId)}/tasks/${seg(taskId)}/rendered`,
    { map_index: mapIndex },
  );
export const useAssets = () => useAsk<T.AssetItem[]>(["assets", "list"], "/ui/assets");
export const useDependencies = () => useAsk<T.Dependencies>(["assets", "graph"], "/ui/dependencies");
export const useConfig = () => useAsk<T.ConfigOption[]>(["config"], "/ui/config");
export const useSearchHits = (text: string) =>
  useAsk<T.SearchHit[]>(["search"], "/ui/search", { q: text }, text.length > 0);

/** Any answer of Airflow's REST API; `key` makes it part of a Dag where it belongs to one. */
export const useRest = <Answer>(key: readonly unknown[], path: string, query: Query = {}, enabled = true) =>
  useAsk<Answer>(key, `/api/v2${path}`, query, enabled);

/** An action: says what it did, and what the views show is asked for again. */
export function useAct<Input>(
  act: (input: Input) => Promise<unknown>,
  done?: string | ((input: Input) => string),
) {
  const client = useQueryClient();
  return useMutation({
    mutationFn: act,
    onSuccess: (_, input) => {
      if (done !== undefined) say("done", typeof done === "string" ? done : done(input));
      return client.invalidateQueries();
    },
    onError: sayError,
  });
}
