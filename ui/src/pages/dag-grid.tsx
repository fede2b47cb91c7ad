/** Tasks × runs: what happened when, at one look. Beside it stands what is chosen. */
import { useMemo, useState } from "react";
import { useTranslation } from "react-i18next";
import { useGrid, useStructure } from "../api/queries.ts";
import type { DagHeader, GridData } from "../api/types.ts";
import { Button } from "../components/button.tsx";
import { FilterMenu, SearchField } from "../components/field.tsx";
import { useAddress } from "../components/link.tsx";
import { Empty, Failure, Loading } from "../components/page.tsx";
import { allStates, StateIcon, useStateName } from "../components/state.tsx";
import { GridSide } from "./grid-side.tsx";
import { GridTable } from "./grid-table.tsx";

export interface Chosen {
  runId: string | null;
  taskId: string | null;
}

const counts = ["10", "25", "50", "100", "365"] as const;

export function DagGrid({ dag }: { dag: DagHeader }) {
  const { t } = useTranslation();
  const [address, change] = useAddress();
  const [folded, setFolded] = useState<ReadonlySet<string>>(new Set());
  const structure = useStructure(dag.dagId);
  const grid = useGrid(dag.dagId, {
    limit: address["n"] ?? "25",
    before: address["before"],
    state: address["state"],
    run_type: address["type"],
  });
  const chosen: Chosen = { runId: address["run"] ?? null, taskId: address["task"] ?? null };
  const choose = useMemo(
    () => (next: Chosen) => change({ run: next.runId ?? undefined, task: next.taskId ?? undefined }),
    [change],
  );
  if (structure.data === undefined || grid.data === undefined) {
    const error = structure.error ?? grid.error;
    return error ? <Failure error={error} retry={() => void grid.refetch()} /> : <Loading rows={10} />;
  }
  const groups = structure.data.nodes.filter(({ kind }) => kind === "group");
  return (
    <div className="flex min-h-0 flex-1">
      <div className="flex min-w-0 flex-1 flex-col">
        <Toolbar
          data={grid.data}
          groups={groups.length}
          allFolded={groups.length > 0 && groups.every(({ id }) => folded.has(id))}
          onFoldAll={(fold) => setFolded(new Set(fold ? groups.map(({ id }) => id) : []))}
        />
        {grid.data.runs.length === 0 ? (
          <Empty icon="runs" title={t("No run yet")}>
            {t("Trigger one, or wait for the schedule.")}
          </Empty>
        ) : (
          <GridTable
            dag={dag}
            structure={structure.data}
            data={grid.data}
            folded={folded}
            search={address["q"] ?? ""}
            chosen={chosen}
            onChoose={choose}
            onFold={(id) => setFolded((old) => toggled(old, id))}
          />
        )}
        <Legend />
      </div>
      {chosen.runId === null ? null : (
        <GridSide
          key={`${chosen.runId} ${chosen.taskId}`}
          dagId={dag.dagId}
          runId={chosen.runId}
          taskId={chosen.taskId}
          isGroup={groups.some(({ id }) => id === chosen.taskId)}
          onClose={() => choose({ runId: null, taskId: null })}
        />
      )}
    </div>
  );
}

function toggled(set: ReadonlySet<string>, id: string): Set<string> {
  const next = new Set(set);
  if (!next.delete(id)) next.add(id);
  return next;
}

function Toolbar({
  data,
  groups,
  allFolded,
  onFoldAll,
}: {
  data: GridData;
  groups: number;
  allFolded: boolean;
  onFoldAll: (fold: boolean) => void;
}) {
  const { t } = useTranslation();
  const name = useStateName();
  const [address, change] = useAddress();
  const states = ["queued", "running", "success", "failed"] as const;
  const types: [string, string][] = [
    ["scheduled", t("scheduled")],
    ["manual", t("manual")],
    ["backfill", t("backfill")],
    ["asset_triggered", t("by an asset")],
  ];
  return (
    <div className="flex flex-wrap items-center gap-2 border-b bg-surface px-4 py-2 sm:px-6">
      <SearchField
        value={address["q"] ?? ""}
        onChange={(q) => change({ q })}
        label={t("Search tasks")}
        className="w-full sm:w-48"
      />
      <FilterMenu
        title={t("Runs")}
        usual="25"
        value={address["n"] ?? "25"}
        onChange={(n) => change({ n: n === "25" ? undefined : n })}
        options={counts.map((n) => ({ value: n, label: n }))}
      />
      <FilterMenu
        title={t("State")}
        value={address["state"] ?? ""}
        onChange={(state) => change({ state })}
        options={states.map((state) => ({ value: state, label: name(state) }))}
      />
      <FilterMenu
        title={t("Type")}
        value={address["type"] ?? ""}
        onChange={(type) => change({ type })}
        options={types.map(([value, label]) => ({ value, label }))}
      />
      {groups === 0 ? null : (
        <Button kind="ghost" onClick={() => onFoldAll(!allFolded)}>
          {allFolded ? t("Unfold groups") : t("Fold groups")}
        </Button>
      )}
      <span className="ml-auto flex gap-1">
        <Button
          kind="ghost"
          icon="chevronLeft"
          disabled={!data.hasOlder}
          onClick={() => change({ before: String(data.runs[0]?.runAfter) })}
        >
          {t("Older")}
        </Button>
        {address["before"] === undefined ? null : (
          <Button kind="ghost" onClick={() => change({ before: undefined })}>
            {t("Newest")}
          </Button>
        )}
      </span>
    </div>
  );
}

function Legend() {
  const name = useStateName();
  return (
    <div className="hidden shrink-0 flex-wrap gap-x-3 gap-y-1 border-t bg-surface px-6 py-1.5 text-2xs text-faint md:flex">
      {allStates.map((state) => (
        <span key={state} className="inline-flex items-center gap-1">
          <StateIcon state={state} size={11} />
          {name(state)}
        </span>
      ))}
    </div>
  );
}
