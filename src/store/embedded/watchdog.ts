/**
 * Ends the server when the process that uses it is killed. A shell waits on a pipe that only that process holds;
 * the pipe's end starts this file, which leaves the server as the process itself would have. Costs one sleeping
 * `sh` (1 MB) per process.
 */
import type { ChildProcess } from "node:child_process";
import { spawn } from "node:child_process";
import { fileURLToPath } from "node:url";
import { delay, systemClock } from "../../time.ts";
import { isConnectionLost } from "../database-errors.ts";
import { readPostmaster, serverHome } from "./home.ts";
import { leaveServer } from "./leave.ts";
import { enter } from "./presence.ts";
import { isServerOf } from "./process.ts";

/** A line on the pipe means an orderly end: nothing to do. */
const script = 'read -r _ || exec "$0" "$@"';

export interface Watchdog {
  dismiss(): void;
}

export function startWatchdog(home: string): Watchdog {
  const command = [
    process.execPath,
    "--disable-warning=ExperimentalWarning",
    fileURLToPath(import.meta.url),
    home,
  ];
  const shell: ChildProcess = spawn("/bin/sh", ["-c", script, ...command], {
    // A group of its own, for Ctrl-C reaches all processes of the terminal's group.
    detached: true,
    stdio: ["pipe", "ignore", "ignore"],
    cwd: "/",
    env: {},
  });
  shell.on("error", () => undefined);
  shell.stdin?.on("error", () => undefined);
  shell.unref();
  // The pipe is a socket of net, and would keep the process alive.
  if (shell.stdin !== null && "unref" in shell.stdin && typeof shell.stdin.unref === "function")
    shell.stdin.unref();
  return {
    dismiss: () => {
      shell.stdin?.end("\n");
    },
  };
}

/** A server that was just launched may not answer yet. */
const patienceMs = 10_000;

async function main(home: string): Promise<void> {
  const paths = serverHome(home);
  const deadline = systemClock.now() + patienceMs;
  for (;;) {
    const postmaster = readPostmaster(paths.data);
    if (postmaster === null || !isServerOf(postmaster.pid, paths.data)) return;
    try {
      await leaveServer(paths, await enter(paths, "tradewind watchdog"));
      return;
    } catch (error) {
      if (!isConnectionLost(error) || systemClock.now() > deadline) throw error;
    }
    await delay(50);
  }
}

if (process.argv[1] === fileURLToPath(import.meta.url) && process.argv[2] !== undefined) {
  await main(process.argv[2]);
}
