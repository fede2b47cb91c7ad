/** Reads XComs for a running attempt: from the newest values at hand, else from the store. */

import { elementOf, isTyped } from "../core/map-element.ts";
import type { ChildAnswers, ChildRequest, XComValue } from "../runtime/protocol.ts";
import { findDagRun } from "../store/dag-runs.ts";
import { readPriorXComs, readXComs, type XComRow } from "../store/xcoms.ts";
import type { ActiveRun, Attempt } from "./memory.ts";
import type { Services } from "./services.ts";

type Query = Extract<ChildRequest, { method: "xcom.get" }>["params"];
type Answer = ChildAnswers["xcom.get"];

export class ReadXComs {
  readonly #services: Services;

  constructor(services: Services) {
    this.#services = services;
  }

  async get({ run }: Attempt, query: Query): Promise<Answer> {
    const { item } = query;
    if (item === undefined || !isOfEach(run, query)) return pick(await this.#read(run, query), item);
    const answer = await this.#read(run, { ...query, mapIndexes: [item] });
    return answer.map((found) => ({ ...found, item: true }));
  }

  async #read(run: ActiveRun, query: Query): Promise<Answer> {
    const { database, xcoms } = this.#services;
    const { taskIds, key, mapIndexes = null } = query;
    const own = isOwn(run, query);
    const prior = query.includePriorDates === true && run.run.logicalDate !== null;
    if (own && !prior && key !== null && mapIndexes?.length === 1) {
      const [mapIndex = -1] = mapIndexes;
      const known = taskIds.map((taskId) => ({
        taskId,
        mapIndex,
        value: xcoms.get(run.row.pk, taskId, mapIndex, key),
      }));
      if (known.every(({ value }) => value !== undefined)) return known as Answer;
    }
    if (prior) {
      const { logicalDate, dagId } = run.run;
      const rows = await readPriorXComs(database, {
        dagId: query.dagId ?? dagId,
        logicalDate: logicalDate as number,
        taskIds,
        mapIndexes,
        key,
      });
      return inOrder(rows, taskIds);
    }
    const runPk = own
      ? run.row.pk
      : (await findDagRun(database, query.dagId ?? run.run.dagId, query.runId ?? run.run.runId))?.id;
    if (runPk === undefined) return [];
    const rows = await readXComs(database, { runPk, taskIds, mapIndexes, key });
    if (own && key === "return_value") for (const row of rows) this.#keepSource(run, row);
    return inOrder(rows, taskIds);
  }

  /** What a mapped task is expanded over is asked for once for each of its instances. */
  #keepSource(run: ActiveRun, row: XComRow): void {
    const task = run.dag.indexOf.get(row.taskId);
    if (task === undefined || !run.version.mapSources.has(task)) return;
    // It may have been cleared while it was read.
    if (run.instances.get({ task, mapIndex: row.mapIndex })?.state !== "success") return;
    this.#services.xcoms.put(run.row.pk, row.taskId, row.mapIndex, "return_value", valueOf(row), true);
  }
}

function isOwn(run: ActiveRun, { dagId = run.run.dagId, runId = run.run.runId }: Query): boolean {
  return dagId === run.run.dagId && runId === run.run.runId;
}

/** Asks for one of a mapped task's values, and each of its instances has returned one: the item is the map index. */
function isOfEach(run: ActiveRun, query: Query): boolean {
  const { taskIds, key, mapIndexes = null, includePriorDates = false } = query;
  const task = run.dag.indexOf.get(taskIds[0] ?? "");
  if (task === undefined || taskIds.length > 1 || mapIndexes !== null || key !== "return_value") return false;
  if (includePriorDates || !isOwn(run, query) || !run.instances.isExpanded(task)) return false;
  return run.values.count(task) === run.instances.size(task);
}

function valueOf(row: XComRow): XComValue {
  return row.ref === null ? { json: row.value } : { ref: row.ref };
}

function inOrder(rows: readonly XComRow[], taskIds: readonly string[]): Answer {
  return [...rows]
    .sort((a, b) => taskIds.indexOf(a.taskId) - taskIds.indexOf(b.taskId) || a.mapIndex - b.mapIndex)
    .map((row) => ({ taskId: row.taskId, mapIndex: row.mapIndex, value: valueOf(row) }));
}

/** One element instead of all, so that a long list does not travel once for each of its elements. */
function pick(answer: Answer, item: number | undefined): Answer {
  const [only] = answer;
  if (item === undefined || only === undefined) return answer;
  if (answer.length > 1 || only.mapIndex >= 0) {
    const found = answer[item];
    return found === undefined ? [] : [{ ...found, item: true }];
  }
  if (!("json" in only.value) || isTyped(only.value.json)) return answer;
  const element = elementOf(only.value.json, item);
  return element === undefined ? [] : [{ ...only, ...element, item: true }];
}
