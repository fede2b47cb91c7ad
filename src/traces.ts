/**
 * OpenTelemetry traces: one per run, with a span for each attempt of a task. Spans are sent when what they tell
 * of has ended, with the times of the database; their ids are made of the ids of the run and the attempt, so a
 * scheduler that takes over half of a run goes on with the same trace and nothing has to be kept.
 *
 * The packages are optional and loaded when an endpoint is set.
 */
import { createHash } from "node:crypto";
import type * as api from "@opentelemetry/api";
import { TradewindError } from "./errors.ts";
import { version } from "./version.ts";

export interface RunKey {
  readonly dagId: string;
  readonly runId: string;
  /** A run that was cleared is another trace. */
  readonly clearNumber: number;
}

export interface RunSpan extends RunKey {
  readonly runType: string;
  readonly state: string;
  /** Epoch milliseconds, here and below. */
  readonly queuedAt: number;
  readonly startDate: number | null;
  readonly endDate: number;
  readonly logicalDate: number | null;
}

export interface AttemptSpan {
  readonly run: RunKey;
  readonly attemptId: string;
  readonly taskId: string;
  readonly mapIndex: number;
  readonly tryNumber: number;
  readonly operator: string;
  readonly state: string;
  readonly queuedAt: number | null;
  readonly startDate: number;
  readonly endDate: number;
  readonly error?: string | undefined;
}

export interface Traces {
  runEnded(run: RunSpan): void;
  attemptEnded(attempt: AttemptSpan): void;
  /** Sends what is waiting, and ends. */
  stop(): Promise<void>;
}

export const noTraces: Traces = { runEnded: () => {}, attemptEnded: () => {}, stop: async () => {} };

export interface TracesOptions {
  /** OTLP over HTTP: "http://collector:4318"; `/v1/traces` is added where it is missing. */
  readonly endpoint: string;
  readonly serviceName?: string;
}

const packages = [
  "@opentelemetry/api",
  "@opentelemetry/exporter-trace-otlp-http",
  "@opentelemetry/resources",
  "@opentelemetry/sdk-trace",
];

/** Throws TW_TRACES_PACKAGES, saying what to install, when the packages are not there. */
export async function startTraces(options: TracesOptions): Promise<Traces> {
  const sender = new SpanSender(await loadPackages(), options);
  return {
    runEnded(run) {
      const { traceId, spanId } = runTraceIds(run);
      sender.send({
        name: run.dagId,
        traceId,
        spanId,
        parentId: null,
        from: run.startDate ?? run.queuedAt,
        to: run.endDate,
        attributes: runAttributes(run),
        error: run.state === "failed" ? "the run failed" : null,
      });
    },
    attemptEnded(attempt) {
      const { traceId, spanId } = runTraceIds(attempt.run);
      const isFailure = attempt.state === "failed" || attempt.state === "up_for_retry";
      sender.send({
        name: attempt.taskId,
        traceId,
        spanId: attemptSpanId(attempt.attemptId),
        parentId: spanId,
        from: attempt.startDate,
        to: attempt.endDate,
        attributes: attemptAttributes(attempt),
        error: isFailure ? (attempt.error ?? "the attempt failed") : null,
      });
    },
    stop: () => sender.stop(),
  };
}

interface EndedSpan {
  readonly name: string;
  readonly traceId: string;
  readonly spanId: string;
  /** Id of the span around it; null for the root of a trace. */
  readonly parentId: string | null;
  /** Epoch milliseconds. */
  readonly from: number;
  readonly to: number;
  readonly attributes: api.Attributes;
  readonly error: string | null;
}

type Packages = Awaited<ReturnType<typeof loadPackages>>;

/** Sends spans under ids of ours, which the packages would choose at random. */
class SpanSender {
  readonly #api: Packages["api"];
  readonly #provider: InstanceType<Packages["sdk"]["TracerProvider"]>;
  readonly #tracer: api.Tracer;
  /** Asked for twice by `startSpan`: the trace of a root span, then the span. */
  readonly #next = { traceId: "", spanId: "" };

  constructor({ api, exporter, resources, sdk }: Packages, options: TracesOptions) {
    const endpoint = options.endpoint.replace(/\/+$/, "");
    this.#api = api;
    this.#provider = new sdk.TracerProvider({
      resource: resources.resourceFromAttributes({
        "service.name": options.serviceName ?? "tradewind",
        "service.version": version,
      }),
      idGenerator: {
        generateTraceId: () => this.#next.traceId,
        generateSpanId: () => this.#next.spanId,
      },
      spanProcessors: [
        new sdk.BatchSpanProcessor({
          exporter: new exporter.OTLPTraceExporter({
            url: endpoint.endsWith("/v1/traces") ? endpoint : `${endpoint}/v1/traces`,
            // All tries together: a collector that is down must not hold up the end of the process.
            timeoutMillis: 2000,
          }),
          maxQueueSize: 65_536,
          scheduledDelayMillis: 1000,
        }),
      ],
    });
    this.#tracer = this.#provider.getTracer("tradewind", version);
  }

  send({ name, traceId, spanId, parentId, from, to, attributes, error }: EndedSpan): void {
    const { ROOT_CONTEXT, SpanKind, SpanStatusCode, TraceFlags, trace } = this.#api;
    this.#next.traceId = traceId;
    this.#next.spanId = spanId;
    const context =
      parentId === null
        ? ROOT_CONTEXT
        : trace.setSpanContext(ROOT_CONTEXT, { traceId, spanId: parentId, traceFlags: TraceFlags.SAMPLED });
    const span = this.#tracer.startSpan(
      name,
      { startTime: from, attributes, kind: SpanKind.INTERNAL },
      context,
    );
    span.setStatus(
      error === null ? { code: SpanStatusCode.OK } : { code: SpanStatusCode.ERROR, message: error },
    );
    span.end(Math.max(from, to));
  }

  /** What cannot be sent is lost: traces are no part of the state. */
  async stop(): Promise<void> {
    await this.#provider.shutdown().catch(() => undefined);
  }
}

async function loadPackages() {
  try {
    const [api, exporter, resources, sdk] = await Promise.all([
      import("@opentelemetry/api"),
      import("@opentelemetry/exporter-trace-otlp-http"),
      import("@opentelemetry/resources"),
      import("@opentelemetry/sdk-trace"),
    ]);
    return { api, exporter, resources, sdk };
  } catch (cause) {
    throw new TradewindError(
      "TW_TRACES_PACKAGES",
      "traces.otlp_endpoint is set, but the packages that send traces are not installed",
      {
        cause,
        hint: `npm install ${packages.join(" ")}`,
      },
    );
  }
}

/** Ids of a run's trace and of its root span (W3C Trace Context: 16 and 8 bytes in hexadecimal). */
export function runTraceIds(run: RunKey): { traceId: string; spanId: string } {
  const hash = createHash("sha256")
    .update(JSON.stringify([run.dagId, run.runId, run.clearNumber]))
    .digest("hex");
  return { traceId: hash.slice(0, 32), spanId: hash.slice(32, 48) };
}

export function attemptSpanId(attemptId: string): string {
  return createHash("sha256").update(attemptId).digest("hex").slice(0, 16);
}

/** Value of `traceparent` for an attempt's process, so that spans of user code hang below the attempt's. */
export function traceParent(run: RunKey, attemptId: string): string {
  return `00-${runTraceIds(run).traceId}-${attemptSpanId(attemptId)}-01`;
}

/** Airflow's attribute names. Those without a value are left out. */
function runAttributes(run: RunSpan): api.Attributes {
  return {
    "airflow.category": "DAG runs",
    "airflow.dag_run.dag_id": run.dagId,
    "airflow.dag_run.run_id": run.runId,
    "airflow.dag_run.run_type": run.runType,
    "airflow.dag_run.state": run.state,
    "airflow.dag_run.clear_number": run.clearNumber,
    "airflow.dag_run.queued_at": new Date(run.queuedAt).toISOString(),
    ...(run.logicalDate === null
      ? {}
      : { "airflow.dag_run.logical_date": new Date(run.logicalDate).toISOString() }),
  };
}

function attemptAttributes(attempt: AttemptSpan): api.Attributes {
  return {
    "airflow.category": "scheduler",
    "airflow.task.dag_id": attempt.run.dagId,
    "airflow.task.run_id": attempt.run.runId,
    "airflow.task.task_id": attempt.taskId,
    "airflow.task.map_index": attempt.mapIndex,
    "airflow.task.try_number": attempt.tryNumber,
    "airflow.task.operator": attempt.operator,
    "airflow.task.state": attempt.state,
    "airflow.task.attempt_id": attempt.attemptId,
    ...(attempt.queuedAt === null
      ? {}
      : { "airflow.task.queued_duration_ms": attempt.startDate - attempt.queuedAt }),
  };
}
