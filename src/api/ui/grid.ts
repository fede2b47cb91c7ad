/** Tasks × runs in one small answer: a letter for each cell. */
import type { Database } from "../../store/connect.ts";
import { getDag } from "../../store/dags.ts";
import {
  type GridRun,
  type GridRunFilter,
  type GridStates,
  gridMappedStates,
  gridRuns,
  gridStates,
  type MappedStates,
  taskIdsOfVersions,
} from "../../store/views/grid.ts";
import type { ApiParts } from "../parts.ts";
import type { GridData } from "./contract.ts";
import { barOf } from "./dag-list.ts";
import { letterOf, mattersMost, noCell } from "./state-letters.ts";

/**
 * The newest runs, oldest first. Tasks are those of the Dag as it is now and of the versions that these runs had, so
 * that a task which is gone still shows in its runs.
 *
 * @throws TradewindError TW_DAG_NOT_FOUND.
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
  fillCells(states, cells, place);
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

/** Runs of one version have the same tasks: their places are looked up once. */
function fillCells(
  runs: readonly GridStates[],
  cells: ReadonlyMap<number, string[]>,
  place: ReadonlyMap<string, number>,
): void {
  let known = { text: "", places: [] as (number | undefined)[] };
  for (const { runPk, taskIds, states } of runs) {
    if (taskIds !== known.text)
      known = { text: taskIds, places: taskIds.split("\n").map((taskId) => place.get(taskId)) };
    const row = cells.get(runPk) ?? [];
    for (const [at, state] of states.split("\n").entries()) {
      const index = known.places[at];
      if (index !== undefined) row[index] = letterOf(state);
    }
  }
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
  const { currentVersionId } = await getDag(database, dagId);
  const ids = [...new Set([currentVersionId, ...runs.map(({ versionId }) => versionId)])].filter(
    (id) => id !== null,
  );
  const known = knownTasks(database);
  const unknown = ids.filter((id) => !known.has(id));
  if (unknown.length > 0)
    for (const [id, taskIds] of await taskIdsOfVersions(database, unknown)) known.set(id, taskIds);
  const all = [...new Set(ids.flatMap((id) => known.get(id) ?? []))];
  for (const id of [...known.keys()].slice(0, Math.max(0, known.size - mostKnown))) known.delete(id);
  return all;
}

/** A version never changes, so what it has is asked for once. */
const tasksOfVersions = new WeakMap<Database, Map<number, string[]>>();
const mostKnown = 200;

function knownTasks(database: Database): Map<number, string[]> {
  const known = tasksOfVersions.get(database) ?? new Map<number, string[]>();
  tasksOfVersions.set(database, known);
  return known;
}
