/** What the scheduler takes from the configuration; durations in milliseconds. */
import type { Config } from "../config.ts";

export interface SchedulerSettings {
  readonly parallelism: number;
  readonly maxMapLength: number;
  readonly heartbeatMs: number;
  /** A scheduler that holds its lock and has not beaten for so long hangs. */
  readonly unhealthyMs: number;
  readonly taskHeartbeatTimeoutMs: number;
  readonly taskQueuedTimeoutMs: number;
  readonly adoptionGraceMs: number;
  readonly pollMs: number;
  readonly useJobSchedule: boolean;
  /** Only these Dags, paused or not, for a command that runs one itself; null: all. */
  readonly onlyDags: readonly string[] | null;
  readonly xcomInlineLimit: number;
  readonly artifactRoot: string;
  /** Address of the API server as tasks reach it; null where there is none, or it is not known yet. */
  readonly trackingUri: string | null;
  readonly versionsFolder: string;
  readonly logFolder: string;
  /** Where Python tasks work: "run", "start" or a path; see `python.workingDirectory`. */
  readonly workingDirectory: string;
  readonly runsFolder: string;
  /** Of the logs of attempts. */
  readonly logsFolder: string;
  readonly logLevel: "debug" | "info" | "warning" | "error" | "critical";
  readonly memoryLimitMb: number | null;
  readonly stateStore: { clearOnSuccess: boolean; defaultRetentionDays: number };
  readonly retention: {
    days: number;
    runsPerDag: number;
    auditDays: number;
    trafficDays: number;
    outcomeDays: number;
    intervalMs: number;
  };
}

/** The API server of this installation unless another address is set; a port that is chosen at its start is told later. */
function trackingUri({ tracking, api }: Config): string | null {
  if (tracking.uri !== "") return tracking.uri.replace(/\/+$/, "");
  if (api.baseUrl !== "") return api.baseUrl.replace(/\/+$/, "");
  if (api.port === 0) return null;
  const host = api.host === "0.0.0.0" || api.host === "::" ? "127.0.0.1" : api.host;
  return `${api.sslCert === "" ? "http" : "https"}://${host.includes(":") ? `[${host}]` : host}:${api.port}`;
}

export function schedulerSettings(config: Config): SchedulerSettings {
  const { core, scheduler, worker, python, xcom, logging, stateStore, retention, paths } = config;
  return {
    parallelism: core.parallelism,
    maxMapLength: core.maxMapLength,
    heartbeatMs: scheduler.heartbeatSeconds * 1000,
    unhealthyMs: scheduler.healthCheckThreshold * 1000,
    taskHeartbeatTimeoutMs: scheduler.taskHeartbeatTimeout * 1000,
    taskQueuedTimeoutMs: scheduler.taskQueuedTimeout * 1000,
    adoptionGraceMs: scheduler.adoptionGrace * 1000,
    pollMs: scheduler.pollSeconds * 1000,
    useJobSchedule: scheduler.useJobSchedule,
    onlyDags: null,
    xcomInlineLimit: xcom.inlineLimit,
    artifactRoot: paths.artifacts,
    trackingUri: trackingUri(config),
    versionsFolder: paths.versions,
    logFolder: paths.logs,
    workingDirectory: python.workingDirectory,
    runsFolder: paths.runs,
    logsFolder: paths.logs,
    logLevel: logging.level as SchedulerSettings["logLevel"],
    memoryLimitMb: worker.memoryLimitMb === 0 ? null : worker.memoryLimitMb,
    stateStore: {
      clearOnSuccess: stateStore.clearOnSuccess,
      defaultRetentionDays: stateStore.defaultRetentionDays,
    },
    retention: {
      days: retention.days,
      runsPerDag: retention.runsPerDag,
      auditDays: retention.auditDays,
      trafficDays: retention.trafficDays,
      outcomeDays: retention.outcomeDays,
      intervalMs: retention.intervalSeconds * 1000,
    },
  };
}
