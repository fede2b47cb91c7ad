/** `tradewind worker`: more hands for a scheduler that runs elsewhere. */

import { existsSync } from "node:fs";
import { hostname } from "node:os";
import type { Command } from "commander";
import { TradewindError } from "../errors.ts";
import { workerSettingsFromConfig } from "../executor/from-config.ts";
import { socketPath } from "../executor/socket-path.ts";
import { startWorker } from "../executor/worker/main.ts";
import { ownFile } from "../own-file.ts";
import { type DaemonFlags, wentToBackground, withDaemonFlag } from "./daemon.ts";
import { wholeNumber } from "./flags.ts";
import { type GlobalFlags, openSession, withGlobalFlags } from "./session.ts";

interface WorkerFlags extends GlobalFlags, DaemonFlags {
  name?: string;
  connect?: string;
  tokenFile?: string;
  queues?: string;
  concurrency?: string;
}

export function addWorkerCommands(root: Command): void {
  withDaemonFlag(withGlobalFlags(root.command("worker")))
    .description("a worker: takes tasks from the scheduler of this home, or of another machine")
    .option("--name <name>", "tells it from other workers of this home (default: the host's name)")
    .option("--connect <host:port>", "a scheduler that listens on TCP")
    .option("--token-file <file>", "file with the token for --connect")
    .option("-q, --queues <names>", "queues that it takes from, separated by commas")
    .option("-c, --concurrency <n>", "tasks at once")
    .action(work);
}

async function work(flags: WorkerFlags): Promise<void> {
  if (wentToBackground(flags, "worker")) return;
  const session = openSession(flags);
  const settings = workerSettingsFromConfig(session.config, {
    name: flags.name ?? hostname(),
    connect: address(flags, session.config.paths.run),
    childEntry: ownFile(import.meta.dirname, "../runtime/child"),
  });
  const worker = await startWorker({
    ...settings,
    ...(flags.queues === undefined ? {} : { queues: flags.queues.split(",").map((name) => name.trim()) }),
    ...(flags.concurrency === undefined ? {} : { slots: wholeNumber(flags.concurrency, "--concurrency", 1) }),
  });
  session.note(`worker ${settings.name} with ${settings.slots} slots; Ctrl-C ends it`);
  for (const signal of ["SIGTERM", "SIGINT"] as const)
    process.on(signal, () => void worker.stop(`the worker got ${signal}`, 5000));
  await worker.ended;
}

function address(flags: WorkerFlags, runFolder: string) {
  if (flags.connect === undefined) {
    const socket = socketPath(runFolder, "executor");
    if (!existsSync(socket))
      throw new TradewindError("TW_WORKER_START", `expected a scheduler on ${socket}, got none`, {
        hint: "start `tradewind standalone` or `tradewind scheduler` on this home, or name one with --connect",
      });
    return { socket };
  }
  const [host, port] = flags.connect.split(":");
  if (!host || !Number(port) || flags.tokenFile === undefined)
    throw new TradewindError(
      "TW_USAGE",
      `--connect: expected host:port together with --token-file, got ${JSON.stringify(flags.connect)}`,
    );
  return { host, port: Number(port), tokenFile: flags.tokenFile };
}
