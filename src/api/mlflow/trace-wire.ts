/** Traces in MLflow's JSON: the form of 3.x, and that of 2.x. */
import { refuse } from "../../core/tracking/limits.ts";
import { type TraceInfo, type TraceSpan, traceStates } from "../../core/tracking/traces.ts";
import type { Assessment, NewTrace } from "../../store/tracking/traces.ts";
import { missing, type Params } from "./params.ts";

const stateNumbers = { STATE_UNSPECIFIED: 0, OK: 1, ERROR: 2, IN_PROGRESS: 3 } as const;

function textsOf(given: Params, name: string): Record<string, string> {
  const value = given.raw(name);
  if (value === undefined) return {};
  if (typeof value !== "object" || value === null || Array.isArray(value))
    throw refuse(`Invalid value for parameter '${name}' supplied: expected an object of texts`);
  return Object.fromEntries(Object.entries(value).map(([key, text]) => [key, String(text)]));
}

/** `2026-01-01T00:00:00.123Z`, with up to nine digits. */
function readTimestamp(given: Params, name: string): number {
  const text = given.requiredText(name);
  const ms = Date.parse(text.replace(/(\.\d{3})\d+/, "$1"));
  if (Number.isNaN(ms))
    throw refuse(`Invalid value "${text}" for parameter '${name}' supplied: expected a timestamp`);
  return ms;
}

/** `1.5s`. */
function readDuration(given: Params, name: string): number | null {
  const text = given.text(name);
  if (text === null) return null;
  const seconds = /^(-?\d+(?:\.\d+)?)s$/.exec(text)?.[1];
  if (seconds === undefined)
    throw refuse(`Invalid value "${text}" for parameter '${name}' supplied: expected seconds`);
  return Math.round(Number(seconds) * 1000);
}

export function readTraceInfo(given: Params): NewTrace {
  const experimentId = given.message("trace_location")?.message("mlflow_experiment")?.text("experiment_id");
  if (!experimentId) throw missing("trace.trace_info.trace_location.mlflow_experiment.experiment_id");
  return {
    traceId: given.requiredText("trace_id"),
    experimentId,
    clientRequestId: given.text("client_request_id"),
    requestTime: readTimestamp(given, "request_time"),
    executionMs: readDuration(given, "execution_duration"),
    state: given.word("state", stateNumbers) ?? traceStates[0],
    requestPreview: given.text("request_preview"),
    responsePreview: given.text("response_preview"),
    tags: textsOf(given, "tags"),
    metadata: textsOf(given, "trace_metadata"),
  };
}

export function toAssessment(assessment: Assessment): Record<string, unknown> {
  return {
    ...assessment.content,
    assessment_id: assessment.assessmentId,
    trace_id: assessment.traceId,
    create_time: new Date(assessment.createdAt).toISOString(),
    last_update_time: new Date(assessment.updatedAt).toISOString(),
  };
}

export function toTraceInfo(trace: TraceInfo, assessments: readonly Assessment[] = []) {
  return {
    trace_id: trace.traceId,
    ...(trace.clientRequestId === null ? {} : { client_request_id: trace.clientRequestId }),
    trace_location: {
      type: "MLFLOW_EXPERIMENT",
      mlflow_experiment: { experiment_id: String(trace.experimentId) },
    },
    ...(trace.requestPreview === null ? {} : { request_preview: trace.requestPreview }),
    ...(trace.responsePreview === null ? {} : { response_preview: trace.responsePreview }),
    request_time: new Date(trace.requestTime).toISOString(),
    ...(trace.executionMs === null ? {} : { execution_duration: `${trace.executionMs / 1000}s` }),
    state: trace.state,
    trace_metadata: trace.metadata,
    tags: trace.tags,
    ...(assessments.length === 0 ? {} : { assessments: assessments.map(toAssessment) }),
  };
}

export function toTrace(trace: TraceInfo, spans: readonly TraceSpan[], assessments: readonly Assessment[]) {
  return {
    trace_info: toTraceInfo(trace, assessments),
    ...(spans.length === 0 ? {} : { spans: spans.map(({ content }) => content) }),
  };
}

const pairs = (texts: Readonly<Record<string, string>>) =>
  Object.entries(texts).map(([key, value]) => ({ key, value }));

/** Of 2.x. */
export function toTraceInfoV2(trace: TraceInfo) {
  return {
    request_id: trace.traceId,
    experiment_id: String(trace.experimentId),
    timestamp_ms: trace.requestTime,
    ...(trace.executionMs === null ? {} : { execution_time_ms: trace.executionMs }),
    status: trace.state === "STATE_UNSPECIFIED" ? "TRACE_STATUS_UNSPECIFIED" : trace.state,
    request_metadata: pairs(trace.metadata),
    tags: pairs(trace.tags),
  };
}
