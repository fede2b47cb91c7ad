/** The graph of a Dag, with the states of its newest run or of another one. */
import { useTranslation } from "react-i18next";
import { useStructure } from "../api/queries.ts";
import type { DagHeader } from "../api/types.ts";
import { Select } from "../components/field.tsx";
import { useAddress } from "../components/link.tsx";
import { Loaded } from "../components/page.tsx";
import { useFormat } from "../components/time.tsx";
import { DagGraphView } from "../graph/dag-graph-view.tsx";
import { useTaskStates } from "../graph/use-task-states.ts";

export function DagGraph({ dag }: { dag: DagHeader }) {
  const { t } = useTranslation();
  const format = useFormat();
  const [address, change] = useAddress();
  const newest = dag.recentRuns.at(-1)?.runId ?? null;
  const runId = address["run"] === "none" ? null : (address["run"] ?? newest);
  const states = useTaskStates(dag.dagId, runId);
  return (
    <>
      <div className="flex items-center gap-2 border-b bg-surface px-4 py-2 sm:px-6">
        <Select
          label={t("Run whose states are shown")}
          value={runId ?? "none"}
          onChange={(run) => change({ run: run === newest ? undefined : run })}
          options={[
            ...[...dag.recentRuns]
              .reverse()
              .map((run) => ({ value: run.runId, label: `${format(run.runAfter)} · ${run.runId}` })),
            { value: "none", label: t("No run: the Dag as it is now") },
          ]}
        />
      </div>
      <div className="min-h-0 flex-1">
        <Loaded query={useStructure(dag.dagId)}>
          {(structure) => <DagGraphView structure={structure} states={states} runId={runId} />}
        </Loaded>
      </div>
    </>
  );
}
