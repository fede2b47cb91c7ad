import { useStructure } from "../api/queries.ts";
import type { RunDetail } from "../api/types.ts";
import { Loaded } from "../components/page.tsx";
import { DagGraphView } from "../graph/dag-graph-view.tsx";
import { useTaskStates } from "../graph/use-task-states.ts";

/** The graph of the version that the run has. */
export function RunGraph({ run }: { run: RunDetail }) {
  const states = useTaskStates(run.dagId, run.runId);
  return (
    <div className="min-h-0 flex-1">
      <Loaded query={useStructure(run.dagId, run.versionNumber)}>
        {(structure) => <DagGraphView structure={structure} states={states} runId={run.runId} />}
      </Loaded>
    </div>
  );
}
