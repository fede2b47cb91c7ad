import type { DagHeader } from "../api/types.ts";
import { RunTable } from "./run-table.tsx";
import { RunFilters } from "./runs.tsx";

export function DagRuns({ dag }: { dag: DagHeader }) {
  return (
    <>
      <RunFilters />
      <RunTable dagId={dag.dagId} />
    </>
  );
}
