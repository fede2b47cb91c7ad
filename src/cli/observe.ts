/** Opens the metrics port and the trace exporter, where the settings ask for them. */
import { type MetricsServer, noMetrics, startMetrics } from "../metrics.ts";
import { LineageEmitter } from "../openlineage/emitter.ts";
import { httpTransport, parseTransport } from "../openlineage/transport-settings.ts";
import { createTransport } from "../openlineage/transports.ts";
import { LineageEvents } from "../scheduler/lineage-events.ts";
import { Observer } from "../scheduler/observer.ts";
import type { Scheduler } from "../scheduler/scheduler.ts";
import type { Database } from "../store/connect.ts";
import { listDags } from "../store/dags.ts";
import { listImportErrors } from "../store/import-errors.ts";
import { listPoolUsage } from "../store/pools.ts";
import { countTriggers } from "../store/triggers.ts";
import { systemClock } from "../time.ts";
import { noTraces, startTraces, type Traces } from "../traces.ts";
import type { Session } from "./session.ts";

export interface Observation {
  /** Undefined where neither port nor endpoint is set: then nothing is counted. */
  readonly observer: Observer | undefined;
  readonly metrics: MetricsServer | null;
  /** Undefined where no receiver is set. */
  readonly lineage: LineageEvents | undefined;
  stop(): Promise<void>;
}

/**
 * @throws TradewindError TW_METRICS_PORT when the port is taken, TW_TRACES_PACKAGES when packages are missing,
 *   TW_OPENLINEAGE_TRANSPORT.
 */
export async function startObservation(session: Session): Promise<Observation> {
  const { metrics: settings, traces: tracing } = session.config;
  const traces: Traces =
    tracing.otlpEndpoint === "" ? noTraces : await startTraces({ endpoint: tracing.otlpEndpoint });
  const metrics = settings.port === 0 ? null : await startMetrics(settings);
  const emitter = lineageEmitter(session);
  return {
    lineage: emitter && lineageEvents(session, emitter),
    observer:
      metrics === null && traces === noTraces ? undefined : new Observer(metrics ?? noMetrics, traces),
    metrics,
    async stop() {
      await metrics?.stop();
      await traces.stop();
      await emitter?.stop();
    },
  };
}

/** Airflow's setting comes before the variables of OpenLineage's client. */
function lineageEmitter({ config, log }: Session): LineageEmitter | undefined {
  const { disabled, transport: text, url, endpoint, apiKey, queueSize } = config.openlineage;
  if (disabled || (text === "" && url === "")) return undefined;
  const settings = text === "" ? httpTransport(url, endpoint, apiKey) : parseTransport(text);
  const transport = createTransport(settings, {
    now: () => systemClock.now(),
    print: (line) => process.stdout.write(`${line}\n`),
  });
  return new LineageEmitter({ transport, clock: systemClock, log: log("openlineage"), capacity: queueSize });
}

function lineageEvents({ config }: Session, emitter: LineageEmitter): LineageEvents {
  const { namespace, disableSourceCode, disabledForOperators } = config.openlineage;
  // Airflow's users write classes with their modules.
  const names = disabledForOperators.split(";").map((name) => name.trim().split(".").at(-1) ?? "");
  return new LineageEvents(emitter, { namespace, disableSourceCode, disabledOperators: new Set(names) });
}

/** Gauges are asked for at each scrape, so that nobody pays for them between. */
export function gaugeOnScrape(metrics: MetricsServer, scheduler: Scheduler, database: Database): void {
  metrics.onScrape(async () => {
    const slots = scheduler.slotCounts();
    metrics.gauge("executor_open_slots", slots.open);
    metrics.gauge("executor_queued_tasks", slots.queued);
    metrics.gauge("executor_running_tasks", slots.running);
    await gaugePools(metrics, database);
    metrics.gauge("dagbag_size", (await listDags(database, {}, { limit: 1 })).total);
    metrics.gauge("dag_processing_import_errors", (await listImportErrors(database)).length);
    metrics.gauge("triggers_running", (await countTriggers(database)).waiting, {
      hostname: scheduler.services.hostname,
    });
  });
}

async function gaugePools(metrics: MetricsServer, database: Database): Promise<void> {
  for (const name of [
    "pool_open_slots",
    "pool_queued_slots",
    "pool_running_slots",
    "pool_deferred_slots",
    "pool_scheduled_slots",
  ] as const)
    metrics.clear(name);
  for (const pool of await listPoolUsage(database)) {
    const labels = { pool_name: pool.name };
    metrics.gauge("pool_open_slots", pool.openSlots ?? Number.POSITIVE_INFINITY, labels);
    metrics.gauge("pool_queued_slots", pool.queuedSlots, labels);
    metrics.gauge("pool_running_slots", pool.runningSlots, labels);
    metrics.gauge("pool_deferred_slots", pool.deferredSlots, labels);
    metrics.gauge("pool_scheduled_slots", pool.scheduledSlots, labels);
  }
}
