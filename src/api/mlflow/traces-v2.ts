/** Traces of 2.x: a start, an end, and the spans as a file that the client uploads itself. */
import { randomBytes } from "node:crypto";
import { deleteTraceTag, getTrace, putTrace, setTraceTag } from "../../store/tracking/traces.ts";
import { experimentIds } from "./experiments.ts";
import type { Params } from "./params.ts";
import { callsOf, type Rpc } from "./rpc.ts";
import { toTraceInfoV2 } from "./trace-wire.ts";
import { findTraces, removeTraces } from "./traces.ts";

const { read, create, edit, remove } = callsOf("Experiments");

const texts = (given: Params, name: string): Record<string, string> =>
  Object.fromEntries(given.keyValues(name).map(({ key, value }) => [key, value]));

const statuses = { OK: 1, ERROR: 2, IN_PROGRESS: 3 } as const;

const v2 = (rpc: Rpc): Rpc => ({ ...rpc, version: "2.0" });

export const traceV2Calls: readonly Rpc[] = [
  create("POST", "traces", async ({ given, now }, { database }) => {
    const trace = await putTrace(database, {
      traceId: randomBytes(16).toString("hex"),
      experimentId: given.requiredText("experiment_id"),
      clientRequestId: null,
      requestTime: given.int("timestamp_ms") ?? now,
      executionMs: null,
      state: "IN_PROGRESS",
      requestPreview: null,
      responsePreview: null,
      tags: texts(given, "tags"),
      metadata: texts(given, "request_metadata"),
    });
    return { trace_info: toTraceInfoV2(trace) };
  }),
  edit("PATCH", "traces/:trace_id", async ({ given }, { database }) => {
    const known = await getTrace(database, given.requiredText("trace_id"));
    const end = given.int("timestamp_ms");
    const trace = await putTrace(database, {
      ...known,
      experimentId: String(known.experimentId),
      executionMs: end === null ? known.executionMs : end - known.requestTime,
      state: given.word("status", statuses) ?? known.state,
      tags: texts(given, "tags"),
      metadata: texts(given, "request_metadata"),
    });
    return { trace_info: toTraceInfoV2(trace) };
  }),
  read("GET", "traces/:trace_id/info", async ({ given }, { database }) => ({
    trace_info: toTraceInfoV2(await getTrace(database, given.requiredText("trace_id"))),
  })),
  read("GET", "traces", async ({ given }, { database }) => {
    const { rows, token } = await findTraces(given, database, experimentIds(given));
    return { ...(rows.length === 0 ? {} : { traces: rows.map(toTraceInfoV2) }), ...token };
  }),
  remove("POST", "traces/delete-traces", removeTraces),
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
].map(v2);
