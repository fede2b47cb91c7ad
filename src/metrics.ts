/**
 * Metrics in Prometheus' text format, under Airflow's names (its StatsD names with "_" for "." and the prefix
 * "airflow", ids as labels), so that dashboards made for Airflow go on. Histograms of seconds stand for timers.
 *
 * `prom-client` is loaded when the port is opened; without a port every call is a no-op.
 */
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import type * as promClient from "prom-client";
import { TradewindError } from "./errors.ts";

export const metricTable = {
  ti_start: { kind: "counter", labels: ["dag_id", "task_id"], help: "Task attempts that began to run" },
  ti_finish: {
    kind: "counter",
    labels: ["dag_id", "task_id", "state"],
    help: "Task attempts that ended, by state",
  },
  ti_successes: { kind: "counter", labels: [], help: "Task instances that succeeded" },
  ti_failures: { kind: "counter", labels: [], help: "Task instances that failed" },
  operator_successes: {
    kind: "counter",
    labels: ["operator"],
    help: "Task instances that succeeded, by operator",
  },
  operator_failures: {
    kind: "counter",
    labels: ["operator"],
    help: "Task instances that failed, by operator",
  },
  task_instances_without_heartbeats_killed: {
    kind: "counter",
    labels: [],
    help: "Attempts given up because their worker was silent",
  },
  task_duration: { kind: "histogram", labels: ["dag_id", "task_id"], help: "Seconds that an attempt ran" },
  task_queued_duration: {
    kind: "histogram",
    labels: ["dag_id", "task_id"],
    help: "Seconds from queued to running",
  },
  task_scheduled_duration: {
    kind: "histogram",
    labels: ["dag_id", "task_id"],
    help: "Seconds from scheduled to queued",
  },

  dagrun_duration_success: {
    kind: "histogram",
    labels: ["dag_id", "run_type"],
    help: "Seconds of a run that succeeded",
  },
  dagrun_duration_failed: {
    kind: "histogram",
    labels: ["dag_id", "run_type"],
    help: "Seconds of a run that failed",
  },
  dagrun_schedule_delay: {
    kind: "histogram",
    labels: ["dag_id"],
    help: "Seconds from a run's run_after to its start",
  },
  dagrun_first_task_scheduling_delay: {
    kind: "histogram",
    labels: ["dag_id"],
    help: "Seconds from a run's start to its first running task",
  },

  scheduler_heartbeat: { kind: "counter", labels: [], help: "Heartbeats of the scheduler" },
  scheduler_scheduler_loop_duration: {
    kind: "histogram",
    labels: [],
    help: "Seconds of one batch: decide, commit, act",
  },
  scheduler_tasks_executable: {
    kind: "gauge",
    labels: [],
    help: "Scheduled task instances that may be queued",
  },
  scheduler_tasks_starving: {
    kind: "gauge",
    labels: [],
    help: "Scheduled task instances that wait for a pool",
  },
  scheduler_orphaned_tasks_adopted: {
    kind: "counter",
    labels: [],
    help: "Running attempts taken over after a restart",
  },
  scheduler_orphaned_tasks_cleared: {
    kind: "counter",
    labels: [],
    help: "Attempts that nobody ran any more",
  },

  executor_open_slots: { kind: "gauge", labels: [], help: "Free task slots" },
  executor_queued_tasks: { kind: "gauge", labels: [], help: "Attempts that wait for a slot" },
  executor_running_tasks: { kind: "gauge", labels: [], help: "Attempts in a slot" },
  pool_open_slots: { kind: "gauge", labels: ["pool_name"], help: "Free slots of a pool" },
  pool_queued_slots: { kind: "gauge", labels: ["pool_name"], help: "Slots of a pool held by queued tasks" },
  pool_running_slots: { kind: "gauge", labels: ["pool_name"], help: "Slots of a pool held by running tasks" },
  pool_deferred_slots: {
    kind: "gauge",
    labels: ["pool_name"],
    help: "Slots of a pool held by deferred tasks",
  },
  pool_scheduled_slots: {
    kind: "gauge",
    labels: ["pool_name"],
    help: "Slots of a pool that scheduled tasks wait for",
  },
  pool_starving_tasks: { kind: "gauge", labels: ["pool_name"], help: "Tasks that wait for a slot of a pool" },

  triggers_running: { kind: "gauge", labels: ["hostname"], help: "Triggers that a triggerer waits for" },
  triggers_succeeded: { kind: "counter", labels: [], help: "Triggers that fired" },
  triggers_failed: { kind: "counter", labels: [], help: "Triggers that failed" },

  asset_updates: { kind: "counter", labels: [], help: "Asset events" },
  asset_triggered_dagruns: { kind: "counter", labels: [], help: "Runs that assets started" },
  deadline_alerts_deadline_missed: {
    kind: "counter",
    labels: ["dag_id"],
    help: "Deadlines that were missed",
  },

  dagbag_size: { kind: "gauge", labels: [], help: "Dags that files define" },
  dag_processing_import_errors: { kind: "gauge", labels: [], help: "Dag files that cannot be imported" },
  dag_processing_last_duration: {
    kind: "histogram",
    labels: ["file_name"],
    help: "Seconds of one import of a Dag file",
  },
} as const satisfies Record<
  string,
  { kind: "counter" | "gauge" | "histogram"; labels: readonly string[]; help: string }
>;

type Table = typeof metricTable;
type NamesOf<Kind> = { [N in keyof Table]: Table[N]["kind"] extends Kind ? N : never }[keyof Table];
type LabelsOf<N extends keyof Table> = Readonly<Record<Table[N]["labels"][number], string>>;
/** Labels may be left out where there are none. */
type LabelArgument<N extends keyof Table> = Table[N]["labels"] extends readonly []
  ? [labels?: LabelsOf<N>]
  : [labels: LabelsOf<N>];

export interface Metrics {
  count<N extends NamesOf<"counter">>(name: N, ...labels: LabelArgument<N>): void;
  gauge<N extends NamesOf<"gauge">>(name: N, value: number, ...labels: LabelArgument<N>): void;
  /** Of a gauge with labels: forgets those that are not there any more (a deleted pool). */
  clear(name: NamesOf<"gauge">): void;
  seconds<N extends NamesOf<"histogram">>(name: N, seconds: number, ...labels: LabelArgument<N>): void;
  /** Called before each answer, to bring gauges up to date. */
  onScrape(update: () => void | Promise<void>): void;
}

export const noMetrics: Metrics = {
  count: () => {},
  gauge: () => {},
  clear: () => {},
  seconds: () => {},
  onScrape: () => {},
};

export interface MetricsServer extends Metrics {
  /** The port that was opened; another than asked for when that was 0. */
  readonly port: number;
  stop(): Promise<void>;
}

export interface MetricsOptions {
  readonly host: string;
  /** 0 takes any that is free. */
  readonly port: number;
}

/** Upper bounds in seconds: a millisecond task and a night's training both have a place. */
const buckets = [0.001, 0.005, 0.01, 0.05, 0.1, 0.5, 1, 5, 15, 60, 300, 900, 3600, 10_800, 43_200];
const prefix = "airflow_";

/** Opens the port: `GET /metrics`. Throws TW_METRICS_PORT when it is taken or not allowed. */
export async function startMetrics(options: MetricsOptions): Promise<MetricsServer> {
  const prom = await import("prom-client");
  const registry = new prom.Registry();
  prom.collectDefaultMetrics({ register: registry });
  const updates: (() => void | Promise<void>)[] = [];
  const server = createServer((request, response) => {
    if (request.method !== "GET" || request.url?.split("?")[0] !== "/metrics") {
      response.writeHead(404, { "content-type": "text/plain" }).end("GET /metrics\n");
      return;
    }
    scrape(registry, updates).then(
      (text) => response.writeHead(200, { "content-type": registry.contentType }).end(text),
      (error: unknown) => response.writeHead(500, { "content-type": "text/plain" }).end(`${String(error)}\n`),
    );
  });
  await listening(server, options);
  return {
    ...recorder(prom, registry, updates),
    port: (server.address() as AddressInfo).port,
    stop: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

async function scrape(
  registry: promClient.Registry,
  updates: readonly (() => void | Promise<void>)[],
): Promise<string> {
  for (const update of updates) await update();
  return registry.metrics();
}

function listening(server: ReturnType<typeof createServer>, { host, port }: MetricsOptions): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once("error", (cause: NodeJS.ErrnoException) => {
      const why = cause.code === "EADDRINUSE" ? "another program has it" : cause.message;
      reject(
        new TradewindError(
          "TW_METRICS_PORT",
          `expected to open port ${port} of ${host} for metrics, but ${why}`,
          {
            cause,
            hint: "set metrics.port to another port, or to 0 for no metrics",
          },
        ),
      );
    });
    server.listen(port, host, () => resolve());
    // Metrics alone keep no process alive.
    server.unref();
  });
}

function recorder(
  prom: typeof promClient,
  registry: promClient.Registry,
  updates: (() => void | Promise<void>)[],
): Metrics {
  const made = new Map<string, promClient.Counter | promClient.Gauge | promClient.Histogram>();
  for (const [name, { kind, labels, help }] of Object.entries(metricTable)) {
    const common = { name: prefix + name, help, labelNames: [...labels], registers: [registry] };
    if (kind === "counter") made.set(name, new prom.Counter(common));
    else if (kind === "gauge") made.set(name, new prom.Gauge(common));
    else made.set(name, new prom.Histogram({ ...common, buckets }));
  }
  return {
    count: (name, ...[labels]) => (made.get(name) as promClient.Counter).inc(labels ?? {}),
    gauge: (name, value, ...[labels]) => (made.get(name) as promClient.Gauge).set(labels ?? {}, value),
    clear: (name) => (made.get(name) as promClient.Gauge).reset(),
    seconds: (name, seconds, ...[labels]) =>
      (made.get(name) as promClient.Histogram).observe(labels ?? {}, seconds),
    onScrape: (update) => void updates.push(update),
  };
}
