/** Tasks × runs in one small answer: a letter for each cell. */
import { TradewindError } from "../../errors.ts";
import { currentVersion, findVersionById } from "../../store/dag-versions.ts";
import {
  type GridRun,
  type GridRunFilter,
  gridMappedStates,
  gridRuns,
  gridStates,
  type MappedStates,
} from "../../store/views/grid.ts";
import type { ApiParts } from "../parts.ts";
import type { GridData } from "./contract.ts";
import { barOf } from "./dag-list.ts";
import { letterOf, mattersMost, noCell } from "./state-letters.ts";

/**
 * The newest runs, oldest first. Tasks are those of the Dag as it is now and of the versions that these runs had, so
 * that a task which is gone still shows in its runs.
 *
 * @throws TradewindError TW_DAG_NOT_FOUND when the Dag never had a version.
 */
export async function gridData(parts: ApiParts, dagId: string, filter: GridRunFilter): Promise<GridData> {
  const { database } = parts;
  const found = await gridRuns(database, dagId, { ...filter, limit: filter.limit + 1 });
  const runs = found.slice(0, filter.limit).reverse();
  const pks = runs.map(({ id }) => id);
  const [taskIds, states, mapped] = await Promise.all([
    taskIdsOf(parts, dagId, runs),
    gridStates(database, pks),
    gridMappedStates(database, pks),
  ]);
  const place = new Map(taskIds.map((taskId, index) => [taskId, index]));
  const cells = new Map(pks.map((pk) => [pk, taskIds.map(() => noCell)]));
  for (const { runPk, state, taskIds: lines } of states) {
    const row = cells.get(runPk);
    const letter = letterOf(state);
    for (const taskId of lines.split("\n")) {
      const index = place.get(taskId);
      if (index !== undefined && row !== undefined) row[index] = letter;
    }
  }
  const mappedOf = mappedCells(mapped, cells, place);
  return {
    taskIds,
    runs: runs.map((run) => ({
      ...barOf(run),
      versionNumber: run.versionNumber,
      note: run.note,
      cells: (cells.get(run.id) ?? []).join(""),
      mapped: mappedOf.get(run.id) ?? {},
    })),
    hasOlder: found.length > filter.limit,
  };
}

type MappedByRun = Map<number, GridData["runs"][number]["mapped"]>;

/** Adds up the states of mapped tasks, and puts the one that matters most into their cells. */
function mappedCells(
  rows: readonly MappedStates[],
  cells: ReadonlyMap<number, string[]>,
  place: ReadonlyMap<string, number>,
): MappedByRun {
  const byRun: MappedByRun = new Map();
  for (const { runPk, taskId, state, count } of rows) {
    const ofRun = byRun.get(runPk) ?? {};
    byRun.set(runPk, ofRun);
    ofRun[taskId] = { ...ofRun[taskId], [state]: count };
  }
  for (const [runPk, tasks] of byRun) {
    const row = cells.get(runPk);
    for (const [taskId, counts] of Object.entries(tasks)) {
      const index = place.get(taskId);
      if (index !== undefined && row !== undefined) row[index] = letterOf(mattersMost(Object.keys(counts)));
    }
  }
  return byRun;
}

async function taskIdsOf({ database }: ApiParts, dagId: string, runs: readonly GridRun[]): Promise<string[]> {
  const current = await currentVersion(database, dagId);
  if (current === null)
    throw new TradewindError("TW_DAG_NOT_FOUND", `expected the id of a Dag, got ${dagId}`);
  const ids = new Set(current.spec.tasks.map(({ taskId }) => taskId));
  const others = new Set(runs.map(({ versionId }) => versionId).filter((id) => id !== current.id));
  const versions = await Promise.all([...others].map((id) => findVersionById(database, id)));
  for (const version of versions) for (const { taskId } of version?.spec.tasks ?? []) ids.add(taskId);
  return [...ids];
}
