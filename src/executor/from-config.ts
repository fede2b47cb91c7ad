/** The local executor and the triggerer's host as the settings say. */
import { availableParallelism } from "node:os";
import type { Config } from "../config.ts";
import type { Logger } from "../log.ts";
import type { PythonSideSettings } from "../runtime/python-command.ts";
import type { Clock } from "../time.ts";
import { LocalExecutor, type LocalWorker } from "./local.ts";
import { TimetableHost } from "./timetable-host.ts";
import type { TriggererEvents } from "./triggerer-host.ts";
import { TriggererHosts } from "./triggerer-hosts.ts";
import { parseDevices } from "./worker/devices.ts";
import type { WorkerSettings } from "./worker/settings.ts";
import { killWorkers } from "./worker/worker-record.ts";

interface Outside {
  readonly config: Config;
  readonly clock: Clock;
  readonly log: Logger;
}

/** One worker process of this machine, as section `worker` says. */
export function localExecutorFromConfig({ config, clock, log }: Outside): LocalExecutor {
  const { run, logs } = config.paths;
  return new LocalExecutor({ clock, log, runFolder: run, logFolder: logs, workers: [localWorker(config)] });
}

export function triggererHostsFromConfig(
  { config, clock, log }: Outside,
  events: TriggererEvents,
): TriggererHosts {
  const options = {
    clock,
    log,
    runFolder: config.paths.run,
    logFolder: config.paths.logs,
    maxTaskLogBytes: config.logging.maxTaskLogBytes,
    sensitiveNames: listOf(config.core.sensitiveNames.toLowerCase()),
    python: config.python,
  };
  return new TriggererHosts(options, events);
}

export function timetableHostFromConfig({ config, clock, log }: Outside): TimetableHost {
  return new TimetableHost({ clock, log, python: config.python });
}

/** The second Ctrl-C: the worker of this machine outlives its scheduler otherwise. */
export function killLocalWorker(config: Config): void {
  killWorkers(config.paths.run, localWorker(config).name);
}

/** Settings of a worker that somebody starts by hand, for an executor at `connect`. */
export function workerSettingsFromConfig(
  config: Config,
  where: Pick<WorkerSettings, "name" | "connect" | "childEntry">,
): WorkerSettings {
  const { run, logs } = config.paths;
  return { ...workerLimits(config), ...where, managed: false, runFolder: run, logFolder: logs };
}

function localWorker(config: Config): LocalWorker {
  return { name: "local", ...workerLimits(config) };
}

/** What the processes of the Python side are told. */
export function pythonSideSettings({ python, paths }: Config): PythonSideSettings {
  const { interpreter, airflow, allowPickle, pathMap } = python;
  return { interpreter, airflow, allowPickle, pathMap, environmentsFolder: paths.environments };
}

function workerLimits(config: Config) {
  const { worker, core, logging, scheduler, python } = config;
  return {
    slots: worker.slots === 0 ? 4 * availableParallelism() : worker.slots,
    queues: listOf(worker.queues),
    devices: parseDevices(worker.devices),
    warmChildren: worker.warmChildren,
    tasksPerChild: worker.tasksPerChild,
    heapLimitMb: worker.heapLimitMb,
    memoryLimitMb: worker.memoryLimitMb === 0 ? null : worker.memoryLimitMb,
    reconnectMs: worker.reconnectSeconds * 1000,
    heartbeatMs: scheduler.heartbeatSeconds * 1000,
    killGraceMs: core.killedTaskCleanupTime * 1000,
    maxTaskLogBytes: logging.maxTaskLogBytes,
    sensitiveNames: listOf(core.sensitiveNames.toLowerCase()),
    python: {
      ...pythonSideSettings(config),
      start: python.start as "fork" | "spawn",
      idleMs: python.idleSeconds * 1000,
    },
    logLevel: logging.level,
    logFormat: logging.format as WorkerSettings["logFormat"],
  };
}

function listOf(text: string): string[] {
  return text
    .split(",")
    .map((part) => part.trim())
    .filter((part) => part !== "");
}
