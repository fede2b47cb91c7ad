/** Traces of 3.x: infos, spans, search, tags, assessments. */
import { randomUUID } from "node:crypto";
import { readFilter, traceSubject } from "../../core/tracking/filter-terms.ts";
import { refuse } from "../../core/tracking/limits.ts";
import { readOrder } from "../../core/tracking/order-by.ts";
import type { TraceInfo } from "../../core/tracking/traces.ts";
import type { Executor } from "../../store/connect.ts";
import { getExperiment } from "../../store/tracking/experiments.ts";
import { asExperimentId } from "../../store/tracking/ids.ts";
import { requireActiveRun } from "../../store/tracking/runs.ts";
import { searchTraces, traceOrder } from "../../store/tracking/trace-search.ts";
import {
  deleteAssessment,
  deleteTraces,
  deleteTraceTag,
  getAssessment,
  getTrace,
  linkTracesToRun,
  listAssessments,
  listSpans,
  listTraces,
  putAssessment,
  putTrace,
  setTraceTag,
} from "../../store/tracking/traces.ts";
import { pageToken, readPageToken } from "./page-token.ts";
import { missing, type Params } from "./params.ts";
import { type Call, callsOf, type MlflowParts, type Rpc } from "./rpc.ts";
import { readTraceInfo, toAssessment, toTrace, toTraceInfo } from "./trace-wire.ts";

const { read, create, edit, remove } = callsOf("Experiments");

const mostResults = 500;

async function whole(database: Executor, infos: readonly TraceInfo[]) {
  const ids = infos.map(({ traceId }) => traceId);
  const [spans, assessments] = await Promise.all([listSpans(database, ids), listAssessments(database, ids)]);
  return infos.map((info) =>
    toTrace(info, spans.get(info.traceId) ?? [], assessments.get(info.traceId) ?? []),
  );
}

async function infosOf(database: Executor, infos: readonly TraceInfo[]) {
  const assessments = await listAssessments(
    database,
    infos.map(({ traceId }) => traceId),
  );
  return infos.map((info) => toTraceInfo(info, assessments.get(info.traceId) ?? []));
}

/** Page, filter and order of a search, the same for both versions. */
export async function findTraces(given: Params, database: Executor, experimentIds: readonly number[]) {
  const limit = given.maxResults(100, mostResults);
  const offset = readPageToken(given.text("page_token"));
  const { rows, hasMore } = await searchTraces(database, {
    experimentIds,
    filter: readFilter(given.text("filter"), traceSubject),
    order: readOrder(given.texts("order_by"), traceOrder),
    limit,
    offset,
  });
  return { rows, token: hasMore ? { next_page_token: pageToken(offset + limit) } : {} };
}

async function search({ given }: Call, { database }: MlflowParts) {
  const ids = given
    .list("locations")
    .map((location) => location.message("mlflow_experiment")?.text("experiment_id") ?? "")
    .flatMap((id) => asExperimentId(id) ?? []);
  if (ids.length === 0) throw missing("locations");
  const { rows, token } = await findTraces(given, database, ids);
  return { ...(rows.length === 0 ? {} : { traces: await infosOf(database, rows) }), ...token };
}

export async function removeTraces({ given }: Call, { database }: MlflowParts) {
  const { experimentId } = await getExperiment(database, given.requiredText("experiment_id"));
  const traceIds = given.has("request_ids") ? given.texts("request_ids") : given.texts("trace_ids");
  const beforeMs = given.int("max_timestamp_millis");
  const limit = given.int("max_traces");
  if (traceIds.length > 0 === (beforeMs !== null))
    throw refuse("Either `max_timestamp_millis` or `trace_ids` must be specified, but not both.");
  if (traceIds.length > 0 && limit !== null)
    throw refuse("`max_traces` can't be specified if `trace_ids` is.");
  const count = await deleteTraces(database, {
    experimentId,
    traceIds: traceIds.length === 0 ? null : traceIds,
    beforeMs,
    limit,
  });
  return { traces_deleted: count };
}

const readTraceIds = (given: Params): string[] => {
  const ids = given.texts("trace_ids");
  if (ids.length === 0) throw missing("trace_ids");
  if (ids.length > mostResults) throw refuse(`expected at most ${mostResults} trace_ids, got ${ids.length}`);
  return ids;
};

/** What the server says of it itself is not the client's to send. */
function contentOf(assessment: unknown): Record<string, unknown> {
  const {
    assessment_id: _,
    trace_id: __,
    create_time: ___,
    last_update_time: ____,
    ...content
  } = assessment as Record<string, unknown>;
  return content;
}

async function addAssessment({ given, now }: Call, { database }: MlflowParts) {
  const assessment = given.message("assessment");
  if (assessment === null) throw missing("assessment");
  const stored = await putAssessment(
    database,
    {
      assessmentId: `a-${randomUUID().replaceAll("-", "")}`,
      traceId: given.requiredText("trace_id"),
      content: { valid: true, ...contentOf(given.raw("assessment")) },
    },
    now,
  );
  return { assessment: toAssessment(stored) };
}

async function changeAssessment({ given, now }: Call, { database }: MlflowParts) {
  const traceId = given.requiredText("trace_id");
  const assessmentId = given.requiredText("assessment_id");
  const known = await getAssessment(database, traceId, assessmentId);
  const changed = contentOf(given.raw("assessment") ?? {});
  const mask = (given.text("update_mask") ?? Object.keys(changed).join(","))
    .split(",")
    .map((name) => name.trim());
  // Clients name fields of the mask in either spelling of protobuf's JSON.
  const fields = mask.map((name) => name.replaceAll(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`));
  const taken = Object.entries(changed).filter(([name]) => fields.includes(name));
  const content = { ...known.content, ...Object.fromEntries(taken) };
  return { assessment: toAssessment(await putAssessment(database, { assessmentId, traceId, content }, now)) };
}

const readOne: Rpc["handle"] = async ({ given }, { database }) => {
  const info = await getTrace(database, given.requiredText("trace_id"));
  const [trace] = await whole(database, [info]);
  return { trace };
};

const v3 = (rpc: Rpc): Rpc => ({ ...rpc, version: "3.0" });

export const traceCalls: readonly Rpc[] = [
  create("POST", "traces", async ({ given }, { database }) => {
    const info = given.message("trace")?.message("trace_info");
    if (info === null || info === undefined) throw missing("trace");
    return { trace: { trace_info: toTraceInfo(await putTrace(database, readTraceInfo(info))) } };
  }),
  read("GET", "traces/get", readOne),
  read("GET", "traces/batchGet", async ({ given }, { database }) => {
    const traces = await whole(database, await listTraces(database, readTraceIds(given)));
    return traces.length === 0 ? {} : { traces };
  }),
  read("POST", "traces/batchGetInfos", async ({ given }, { database }) => {
    const infos = await infosOf(database, await listTraces(database, readTraceIds(given)));
    return infos.length === 0 ? {} : { trace_infos: infos };
  }),
  read("POST", "traces/search", search),
  remove("POST", "traces/delete-traces", removeTraces),
  read("GET", "traces/:trace_id", async ({ given }, { database }) => {
    const [info] = await infosOf(database, [await getTrace(database, given.requiredText("trace_id"))]);
    return { trace: { trace_info: info } };
  }),
  edit("PATCH", "traces/:trace_id/tags", async ({ given }, { database }) =>
    setTraceTag(
      database,
      given.requiredText("trace_id"),
      given.requiredText("key"),
      given.text("value") ?? "",
    ),
  ),
  edit("DELETE", "traces/:trace_id/tags", async ({ given }, { database }) =>
    deleteTraceTag(database, given.requiredText("trace_id"), given.requiredText("key")),
  ),
  create("POST", "traces/:trace_id/assessments", addAssessment),
  read("GET", "traces/:trace_id/assessments/:assessment_id", async ({ given }, { database }) => ({
    assessment: toAssessment(
      await getAssessment(database, given.requiredText("trace_id"), given.requiredText("assessment_id")),
    ),
  })),
  edit("PATCH", "traces/:trace_id/assessments/:assessment_id", changeAssessment),
  remove("DELETE", "traces/:trace_id/assessments/:assessment_id", async ({ given }, { database }) =>
    deleteAssessment(database, given.requiredText("trace_id"), given.requiredText("assessment_id")),
  ),
].map(v3);

/** The same for both versions. */
export const traceLinkCalls: readonly Rpc[] = [
  edit("POST", "traces/link-to-run", async ({ given }, { database }) => {
    const { runId } = await requireActiveRun(database, given.requiredText("run_id"));
    await linkTracesToRun(database, readTraceIds(given), runId);
  }),
];
