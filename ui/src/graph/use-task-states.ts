import { useMemo } from "react";
import { useTaskCounts } from "../api/queries.ts";
import type { TaskStates } from "./dag-graph-view.tsx";

/** States of a run's tasks, live. */
export function useTaskStates(dagId: string, runId: string | null): TaskStates | null {
  const { data } = useTaskCounts(dagId, runId ?? "", runId !== null);
  return useMemo(() => (runId === null ? null : (data ?? null)), [runId, data]);
}
