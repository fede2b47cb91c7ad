/** `tradewind standalone` as a person starts it, from the outside; what it logs goes to standalone.log in its home. */
import { type ChildProcess, spawn } from "node:child_process";
import { closeSync, openSync } from "node:fs";
import { join } from "node:path";
import { createInterface } from "node:readline";
import type { Readable } from "node:stream";

export interface Standalone {
  readonly process: ChildProcess;
  /** From the start of the process to "Tradewind is ready", in ms. */
  readonly readyMs: number;
  stop(): Promise<void>;
}

const program = join(import.meta.dirname, "../bin/tradewind.mjs");

export async function startStandalone(
  home: string,
  dagsFolder: string,
  environment: Readonly<Record<string, string>> = {},
): Promise<Standalone> {
  const begin = performance.now();
  const args = [program, "standalone", "--home", home, "-S", dagsFolder, "--log-level", "warning"];
  const log = openSync(join(home, "standalone.log"), "a");
  const child = spawn(process.execPath, args, {
    stdio: ["ignore", "pipe", log],
    env: { ...process.env, TRADEWIND__API__PORT: "0", ...environment },
  });
  closeSync(log);
  const ended = new Promise<void>((resolve) => child.once("exit", () => resolve()));
  const ready = new Promise<number>((resolve) => {
    createInterface({ input: child.stdout as Readable }).on("line", (line) => {
      if (line.startsWith("Tradewind is ready")) resolve(performance.now() - begin);
    });
  });
  const readyMs = await Promise.race([ready, ended.then(() => Number.NaN)]);
  if (Number.isNaN(readyMs))
    throw new Error(`standalone ended with ${child.signalCode ?? child.exitCode} before it was ready`);
  return {
    process: child,
    readyMs,
    async stop() {
      if (child.exitCode === null && child.signalCode === null) child.kill("SIGTERM");
      await ended;
    },
  };
}
