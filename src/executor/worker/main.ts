/** Entry of the worker's process: `node main.ts '<settings as JSON>'`. */
import { randomBytes } from "node:crypto";
import { flushCompileCache } from "node:module";
import { TradewindError } from "../../errors.ts";
import { uuid7 } from "../../ids.ts";
import { createLog } from "../../log.ts";
import { systemClock } from "../../time.ts";
import type { WorkerSettings } from "./settings.ts";
import { Worker } from "./worker.ts";
import {
  inheritFromDeadWorkers,
  isWorkerAlive,
  readWorkerRecords,
  WorkerRecordFile,
} from "./worker-record.ts";

const keepCompiledMs = 1000;

/** Starts a worker in this process. Throws TW_WORKER_START when one of the same name lives in this home. */
export async function startWorker(settings: WorkerSettings): Promise<Worker> {
  const { name, runFolder, logLevel, logFormat } = settings;
  const other = readWorkerRecords(runFolder).find((record) => record.name === name && isWorkerAlive(record));
  if (other !== undefined) {
    throw new TradewindError(
      "TW_WORKER_START",
      `no other worker named ${JSON.stringify(name)} was expected in this home, but process ${other.worker.pid} is one`,
      { hint: "Stop it, or give this one another name." },
    );
  }
  const workerId = uuid7(systemClock.now(), randomBytes(16));
  const log = createLog({ level: logLevel, format: logFormat, component: `worker ${name}` });
  const inherited = await inheritFromDeadWorkers(runFolder, name);
  const record = new WorkerRecordFile(runFolder, workerId, name);
  const worker = new Worker(settings, { workerId, clock: systemClock, log, record, inherited });
  worker.start();
  return worker;
}

async function main(): Promise<void> {
  const settings = JSON.parse(process.argv[2] ?? "null") as WorkerSettings | null;
  if (settings === null)
    throw new TradewindError("TW_WORKER_START", "settings as JSON were expected, got nothing");
  process.title = `tradewind worker ${settings.name}`;
  const worker = await startWorker(settings);
  // Kept now, since a killed process keeps nothing.
  systemClock.after(keepCompiledMs, () => void flushCompileCache());
  for (const signal of ["SIGTERM", "SIGINT"] as const) {
    process.on(signal, () => void worker.stop(`the worker got ${signal}`, settings.killGraceMs));
  }
  await worker.ended;
}

if (import.meta.main ?? process.argv[1] === import.meta.filename) {
  // A terminal that goes away must not take the worker along: it outlives its scheduler.
  process.on("SIGHUP", () => {});
  main().then(
    () => process.exit(0),
    (error: unknown) => {
      console.error(error instanceof TradewindError ? `${error.code}: ${error.message}` : error);
      process.exit(error instanceof TradewindError ? error.kind.exitCode : 1);
    },
  );
}
