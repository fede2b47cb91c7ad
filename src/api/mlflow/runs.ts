/** Runs: start, end, read, search, delete. */
import { randomBytes } from "node:crypto";
import { type RunOrigin, runStatuses } from "../../core/tracking/entities.ts";
import { readFilter, runSubject } from "../../core/tracking/filter-terms.ts";
import { cutRunTag, type KeyValue, refuse, requireKey } from "../../core/tracking/limits.ts";
import { readOrder } from "../../core/tracking/order-by.ts";
import { generateRunName } from "../../core/tracking/run-name.ts";
import { uuid7 } from "../../ids.ts";
import { withDetails } from "../../store/tracking/run-details.ts";
import { runOrder, searchRuns } from "../../store/tracking/run-search.ts";
import { createRun, getRun, runNameTag, setRunStage, updateRun } from "../../store/tracking/runs.ts";
import { experimentIds, viewTypes } from "./experiments.ts";
import { pageToken, readPageToken } from "./page-token.ts";
import type { Params } from "./params.ts";
import { type Call, callsOf, type MlflowParts, type Rpc } from "./rpc.ts";
import { toRun, toRunInfo } from "./wire.ts";

const { read, create, edit, remove } = callsOf("Experiments");

const statusNumbers = Object.fromEntries(runStatuses.map((status, index) => [status, index + 1])) as Record<
  (typeof runStatuses)[number],
  number
>;

/** The largest instant that PostgreSQL keeps. */
const latestInstant = 253_402_300_799_999;

function instantOf(given: Params, name: string): number | null {
  const value = given.int(name);
  if (value !== null && (value < 0 || value > latestInstant))
    throw refuse(
      `Invalid value ${value} for parameter '${name}' supplied: expected milliseconds since the epoch`,
    );
  return value;
}

function nameOf(given: Params, tags: readonly KeyValue[]): string {
  const name = given.text("run_name") || null;
  const tagged = tags.find(({ key }) => key === runNameTag)?.value ?? null;
  if (name !== null && tagged !== null && name !== tagged)
    throw refuse(
      `Both 'run_name' argument and '${runNameTag}' tag are specified, but with different values (run_name='${name}', ${runNameTag}='${tagged}').`,
    );
  return name ?? (tagged || generateRunName(Math.random));
}

/** What ties a run to the attempt that started it, for whoever reads tags only. */
function originTags(origin: RunOrigin | null): KeyValue[] {
  if (origin === null) return [];
  return Object.entries({
    "tradewind.dag_id": origin.dagId,
    "tradewind.run_id": origin.dagRunId,
    "tradewind.task_id": origin.taskId,
    "tradewind.try_number": origin.tryNumber,
    "tradewind.map_index": origin.mapIndex,
    "tradewind.dag_version": origin.dagVersion,
  }).map(([key, value]) => ({ key, value: String(value) }));
}

async function start({ given, origin, now }: Call, { database }: MlflowParts) {
  const tags = given.keyValues("tags").map(({ key, value }) => {
    requireKey(key, "Tag");
    return { key, value: cutRunTag(value) };
  });
  const info = await createRun(database, {
    runId: uuid7(now, randomBytes(16)),
    experimentId: given.text("experiment_id") || "0",
    name: cutRunTag(nameOf(given, tags)),
    userId: given.text("user_id") ?? "",
    startTime: instantOf(given, "start_time") ?? 0,
    tags: [...tags, ...originTags(origin)],
    origin,
  });
  const [run] = await withDetails(database, [info]);
  return { run: run === undefined ? {} : toRun(run) };
}

async function search({ given }: Call, { database }: MlflowParts) {
  const limit = given.maxResults(1000, 50_000);
  const offset = readPageToken(given.text("page_token"));
  const { rows, hasMore } = await searchRuns(database, {
    experimentIds: experimentIds(given),
    view: given.word("run_view_type", viewTypes) ?? "ACTIVE_ONLY",
    filter: readFilter(given.text("filter"), runSubject),
    order: readOrder(given.texts("order_by"), runOrder),
    limit,
    offset,
  });
  const runs = await withDetails(database, rows);
  return {
    ...(runs.length === 0 ? {} : { runs: runs.map(toRun) }),
    ...(hasMore ? { next_page_token: pageToken(offset + limit) } : {}),
  };
}

export const runCalls: readonly Rpc[] = [
  create("POST", "runs/create", start),
  read("GET", "runs/get", async ({ given }, { database }) => {
    const [run] = await withDetails(database, [await getRun(database, given.runId())]);
    return { run: run === undefined ? {} : toRun(run) };
  }),
  edit("POST", "runs/update", async ({ given }, { database }) => ({
    run_info: toRunInfo(
      await updateRun(database, given.runId(), {
        status: given.word("status", statusNumbers),
        endTime: instantOf(given, "end_time"),
        name: given.text("run_name") || null,
      }),
    ),
  })),
  remove("POST", "runs/delete", async ({ given, now }, { database }) =>
    setRunStage(database, given.runId(), "deleted", now),
  ),
  edit("POST", "runs/restore", async ({ given, now }, { database }) =>
    setRunStage(database, given.runId(), "active", now),
  ),
  read("POST", "runs/search", search),
];
