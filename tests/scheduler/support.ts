/** A scheduler on a database of its own, with a scripted executor, for one test. */
import { randomBytes } from "node:crypto";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { onTestFinished } from "vitest";
import type { DagSpec } from "../../src/core/dag-model.ts";
import type { Executor } from "../../src/executor/executor.ts";
import { silentLog } from "../../src/log.ts";
import { Scheduler, type SchedulerOptions } from "../../src/scheduler/scheduler.ts";
import type { SchedulerSettings } from "../../src/scheduler/settings.ts";
import type { Database } from "../../src/store/connect.ts";
import { openDatabase } from "../../src/store/connect.ts";
import { storeDag } from "../../src/store/dag-versions.ts";
import { loadSecrets, type Secrets } from "../../src/store/secrets.ts";
import { sql } from "../../src/store/sql.ts";
import { systemClock } from "../../src/time.ts";
import { freshDatabase } from "../support/database.ts";
import { ScriptedExecutor } from "../support/scripted-executor.ts";

export const testSettings: SchedulerSettings = {
  parallelism: 32,
  maxMapLength: 200_000,
  heartbeatMs: 5000,
  unhealthyMs: 30_000,
  taskHeartbeatTimeoutMs: 300_000,
  taskQueuedTimeoutMs: 600_000,
  adoptionGraceMs: 300,
  pollMs: 250,
  useJobSchedule: true,
  onlyDags: null,
  xcomInlineLimit: 262_144,
  trackingUri: null,
  artifactRoot: "/nowhere",
  workingDirectory: "run",
  runsFolder: "/nowhere/runs",
  logsFolder: join(tmpdir(), "tw-sched-logs"),
  versionsFolder: "/nowhere",
  logFolder: "/nowhere/logs",
  logLevel: "info",
  memoryLimitMb: null,
  stateStore: { clearOnSuccess: false, defaultRetentionDays: 30 },
  retention: { days: 0, runsPerDag: 0, auditDays: 0, trafficDays: 0, outcomeDays: 0, intervalMs: 3_600_000 },
};

export interface World {
  readonly url: string;
  readonly database: Database;
  readonly secrets: Secrets;
  store(spec: DagSpec, options?: { paused?: boolean }): Promise<number>;
  start(
    executor?: Executor,
    options?: Partial<Omit<SchedulerOptions, "settings">> & { settings?: Partial<SchedulerSettings> },
  ): Promise<Scheduler>;
  states(runId?: string): Promise<{ [instance: string]: string | null }>;
  runStates(dagId?: string): Promise<{ [runId: string]: string }>;
}

/** Instances as `task`, or `task[3]`, with their states; of all runs, or of one. */
async function readStates(
  database: Database,
  runId: string | null,
): Promise<{ [instance: string]: string | null }> {
  const rows = await database.rows<{ task_id: string; map_index: number; state: string | null }>(sql`
    SELECT t.task_id, t.map_index, t.state FROM task_instance t JOIN dag_run r ON r.id = t.run_pk
    WHERE ${runId}::text IS NULL OR r.run_id = ${runId} ORDER BY t.task_id, t.map_index`);
  return Object.fromEntries(
    rows.map(({ task_id, map_index, state }) => [
      map_index < 0 ? task_id : `${task_id}[${map_index}]`,
      state,
    ]),
  );
}

export async function storeSpec(database: Database, spec: DagSpec, paused = false): Promise<number> {
  const stored = await database.transaction((tx) =>
    storeDag(
      tx,
      {
        spec,
        hash: randomBytes(8).toString("hex"),
        files: {},
        texts: new Map(),
        interpreter: "node",
        bundleName: "dags-folder",
        dagsFolder: "/dags",
        timetableSummary: null,
        timetableDescription: null,
        pausedAtCreation: paused,
      },
      Date.now(),
    ),
  );
  return stored.versionId;
}

export async function world(): Promise<World> {
  const { url, database } = await freshDatabase();
  const folder = mkdtempSync(join(tmpdir(), "tw-sched-"));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  const secrets = loadSecrets(join(folder, "secret.key"));
  return {
    url,
    database,
    secrets,
    store: (spec, options = {}) => storeSpec(database, spec, options.paused),
    async start(executor = new ScriptedExecutor(), options = {}) {
      const own = openDatabase({ url, poolSize: 4 });
      const { settings, ...rest } = options;
      const scheduler = await Scheduler.create({
        database: own,
        secrets,
        environment: {},
        executor,
        clock: systemClock,
        log: silentLog(),
        ...rest,
        settings: { ...testSettings, ...settings },
      });
      onTestFinished(async () => {
        await scheduler.stop().catch(() => undefined);
        await own.close().catch(() => undefined);
      });
      await scheduler.start();
      return scheduler;
    },
    states: (runId) => readStates(database, runId ?? null),
    async runStates(dagId) {
      const rows = await database.rows<{ run_id: string; state: string }>(
        sql`SELECT run_id, state FROM dag_run WHERE ${dagId ?? null}::text IS NULL OR dag_id = ${dagId ?? null} ORDER BY id`,
      );
      return Object.fromEntries(rows.map(({ run_id, state }) => [run_id, state]));
    },
  };
}

/** Ends the session of whoever writes batches, as a network or a restarted server does. */
export async function cutSessions({ database }: World): Promise<void> {
  await database.run(
    sql`SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND application_name LIKE 'tradewind scheduler %'`,
  );
}

/** Triggers a run and waits for its end. */
export async function runToEnd(scheduler: Scheduler, dagId: string, conf?: { [key: string]: string }) {
  const run = await scheduler.triggerRun({
    dagId,
    triggeredBy: "test",
    ...(conf === undefined ? {} : { conf }),
  });
  const ended = await scheduler.waitForRun(run.pk);
  return { ...run, state: ended.state };
}
