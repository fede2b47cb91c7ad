/** `-D`, as in Airflow: a service that goes on by itself when its command has ended. */
import { spawn } from "node:child_process";
import { mkdirSync, openSync } from "node:fs";
import { join } from "node:path";
import type { Command } from "commander";
import { type GlobalFlags, openSession } from "./session.ts";

export interface DaemonFlags {
  daemon?: boolean;
}

export function withDaemonFlag(command: Command): Command {
  return command.option(
    "-D, --daemon",
    "goes on in the background, with its output in the folder of the logs",
  );
}

/** Starts the same command without the flag; true when this one has nothing left to do. */
export function wentToBackground(flags: GlobalFlags & DaemonFlags, name: string): boolean {
  if (flags.daemon !== true) return false;
  const session = openSession(flags);
  const { logs } = session.config.paths;
  mkdirSync(logs, { recursive: true });
  const file = join(logs, `${name}.out`);
  const output = openSync(file, "a");
  const argv = process.argv.slice(1).filter((word) => word !== "-D" && word !== "--daemon");
  const child = spawn(process.execPath, argv, { detached: true, stdio: ["ignore", output, output] });
  child.unref();
  session.print(`The ${name} starts in the background as process ${child.pid}; its output is in ${file}`);
  return true;
}
