/** Traces of calls, as MLflow keeps them. */

export const traceStates = ["STATE_UNSPECIFIED", "OK", "ERROR", "IN_PROGRESS"] as const;
export type TraceState = (typeof traceStates)[number];

type Texts = Readonly<Record<string, string>>;

export interface TraceInfo {
  readonly traceId: string;
  readonly experimentId: number;
  readonly clientRequestId: string | null;
  /** Milliseconds since the epoch. */
  readonly requestTime: number;
  readonly executionMs: number | null;
  readonly state: TraceState;
  readonly requestPreview: string | null;
  readonly responsePreview: string | null;
  readonly tags: Texts;
  readonly metadata: Texts;
}

export type SpanStatus = "UNSET" | "OK" | "ERROR";

/** A span as OpenTelemetry's protocol has it, with ids as hexadecimal digits. */
export interface TraceSpan {
  readonly spanId: string;
  readonly parentSpanId: string | null;
  readonly name: string;
  readonly type: string | null;
  readonly status: SpanStatus;
  /** Nanoseconds since the epoch, in decimal: more digits than a number holds. */
  readonly startNs: string;
  readonly endNs: string | null;
  /** The whole of it, in protobuf's JSON with the names of the .proto file. */
  readonly content: Readonly<Record<string, unknown>>;
}

/** Where clients look for the spans of a trace. */
export const spansLocationTag = "mlflow.trace.spansLocation";
export const spansInStore = "TRACKING_STORE";
/** Where those clients put them that keep spans as a file. */
export const traceArtifactTag = "mlflow.artifactLocation";
export const sourceRunKey = "mlflow.sourceRun";
