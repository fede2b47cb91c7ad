/** What a worker is told when it starts: plain JSON, handed over on the command line, so nothing secret is in it. */

import type { PythonSideSettings } from "../../runtime/python-command.ts";
import type { PoolDevices } from "./devices.ts";

export interface PythonSettings extends PythonSideSettings {
  /** "fork": from a process that has imported the Dag file; "spawn": a fresh interpreter for each attempt. */
  readonly start: "fork" | "spawn";
  /** An unused process with an imported file ends after this long. */
  readonly idleMs: number;
}

export interface WorkerSettings {
  /** Workers of one home have different names. */
  readonly name: string;
  /** Started and replaced by the executor; false for workers that somebody started by hand. */
  readonly managed: boolean;
  /** Where the executor listens. A token is read from a file, since command lines are public. */
  readonly connect: { socket: string } | { host: string; port: number; tokenFile: string };
  /** Folder for what a successor must know. */
  readonly runFolder: string;
  readonly logFolder: string;
  /** The program that runs tasks in TypeScript. */
  readonly childEntry: string;
  /** Tasks at once. */
  readonly slots: number;
  /** Null: any queue. */
  readonly queues: readonly string[] | null;
  /** Devices of this machine, by the pool whose slots they are. */
  readonly devices: PoolDevices;
  /** Idle processes that are kept ready. */
  readonly warmChildren: number;
  /** Tasks after which a warm process is replaced. */
  readonly tasksPerChild: number;
  /** Heap after a task over which its process is replaced, in MiB. */
  readonly heapLimitMb: number;
  /** Memory that the processes of one task may use where the task says nothing, in MiB; null: no limit. */
  readonly memoryLimitMb: number | null;
  /** How long tasks are kept while no scheduler answers. */
  readonly reconnectMs: number;
  readonly heartbeatMs: number;
  /** Between SIGTERM and SIGKILL. */
  readonly killGraceMs: number;
  readonly maxTaskLogBytes: number;
  /** Lower-case parts of names whose values are hidden, beside Airflow's. */
  readonly sensitiveNames: readonly string[];
  readonly python: PythonSettings;
  readonly logLevel: string;
  readonly logFormat: "auto" | "text" | "json";
}

export const defaultWorkerSettings = {
  slots: 4,
  queues: null,
  devices: {},
  warmChildren: 2,
  tasksPerChild: 10_000,
  heapLimitMb: 256,
  memoryLimitMb: null,
  reconnectMs: 60_000,
  heartbeatMs: 5_000,
  killGraceMs: 60_000,
  maxTaskLogBytes: 256 * 1024 * 1024,
  sensitiveNames: [],
  python: { allowPickle: false, start: "fork", airflow: "auto", idleMs: 600_000 },
  logLevel: "info",
  logFormat: "auto",
} as const satisfies Partial<WorkerSettings>;
