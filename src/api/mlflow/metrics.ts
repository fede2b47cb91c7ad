/** Histories of metrics. */
import { refuse } from "../../core/tracking/limits.ts";
import { asRunId } from "../../store/tracking/ids.ts";
import {
  type RunPoint,
  readBulkHistory,
  readMetricHistory,
  readSampledHistory,
} from "../../store/tracking/metric-history.ts";
import { pageToken, readPageToken } from "./page-token.ts";
import { missing, type Params } from "./params.ts";
import { callsOf, type Rpc } from "./rpc.ts";
import { toMetric } from "./wire.ts";

const { read } = callsOf("Experiments");

const mostRuns = 100;
const mostSteps = 2500;
const mostBulkPoints = 25_000;

function runIds(given: Params, name: string): string[] {
  const ids = given.texts(name);
  if (ids.length === 0) throw missing(name);
  if (ids.length > mostRuns)
    throw refuse(
      `GetMetricHistoryBulk request cannot specify more than ${mostRuns} run_ids. Received ${ids.length} run_ids.`,
    );
  return ids.flatMap((id) => asRunId(id) ?? []);
}

const toRunPoint = (point: RunPoint) => ({ ...toMetric(point), run_id: point.runId });

export const metricCalls: readonly Rpc[] = [
  read("GET", "metrics/get-history", async ({ given }, { database }) => {
    const key = given.requiredText("metric_key");
    const runId = asRunId(given.runId());
    if (runId === null) return {};
    const limit = given.has("max_results") ? given.maxResults(1, Number.MAX_SAFE_INTEGER - 1) : null;
    const offset = readPageToken(given.text("page_token"));
    const { rows, hasMore } = await readMetricHistory(database, { runId, key, limit, offset });
    return {
      ...(rows.length === 0 ? {} : { metrics: rows.map(toMetric) }),
      ...(hasMore ? { next_page_token: pageToken(offset + (limit ?? 0)) } : {}),
    };
  }),
  read("GET", "metrics/get-history-bulk-interval", async ({ given }, { database }) => {
    const ids = runIds(given, "run_ids");
    const key = given.requiredText("metric_key");
    const startStep = given.int("start_step");
    const endStep = given.int("end_step");
    if ((startStep === null) !== (endStep === null))
      throw refuse("If either start step or end step are specified, both must be specified.");
    if (startStep !== null && endStep !== null && startStep > endStep)
      throw refuse(
        `end_step must be greater than start_step. Found start_step=${startStep} and end_step=${endStep}.`,
      );
    const maxSteps = given.int("max_results") ?? mostSteps;
    if (maxSteps < 1 || maxSteps > mostSteps)
      throw refuse(`max_results must be between 1 and ${mostSteps}. Got max_results=${maxSteps}.`);
    const points = await readSampledHistory(database, { runIds: ids, key, startStep, endStep, maxSteps });
    return points.length === 0 ? {} : { metrics: points.map(toRunPoint) };
  }),
  read("GET", "metrics/get-history-bulk", async ({ given }, { database }) => {
    const ids = runIds(given, "run_id");
    const key = given.requiredText("metric_key");
    const limit = Math.min(given.int("max_results") ?? mostBulkPoints, mostBulkPoints);
    const points = await readBulkHistory(database, { runIds: ids, key, limit });
    return { metrics: points.map(toRunPoint) };
  }),
];
