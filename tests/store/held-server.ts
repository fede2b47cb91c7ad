/** Processes that use an embedded server, for tests that kill them. */
import type { ChildProcess } from "node:child_process";
import { spawn } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { onTestFinished } from "vitest";
import { readPostmaster, serverHome } from "../../src/store/embedded/home.ts";
import { stopServer } from "../../src/store/embedded/leave.ts";
import { isServerOf } from "../../src/store/embedded/process.ts";
import { delay } from "../../src/time.ts";

export interface Held {
  readonly process: ChildProcess;
  /** The next line that it says. */
  next(): Promise<Record<string, unknown>>;
  /** Ends it in order, and tells what it said. */
  end(): Promise<Record<string, unknown>>;
}

/** A home of its own, whose server is stopped and whose files are removed when the test ends. */
export function newHome(under: string = tmpdir()): string {
  const home = mkdtempSync(join(under, "tw-home-"));
  onTestFinished(async () => {
    await stopServer(serverHome(home));
    rmSync(home, { recursive: true, force: true });
    rmSync(serverHome(home).sockets, { recursive: true, force: true });
  });
  return home;
}

export function hold(
  home: string,
  role: "service" | "command" = "command",
  options: Record<string, string> = {},
  account: { uid?: number; gid?: number } = {},
): Held {
  const script = fileURLToPath(new URL("./fixtures/hold-server.ts", import.meta.url));
  const child = spawn(process.execPath, [script, home, role, JSON.stringify(options)], {
    stdio: ["pipe", "pipe", "inherit"],
    cwd: "/",
    ...account,
  });
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  const next = async (): Promise<Record<string, unknown>> => {
    const { value, done } = await lines.next();
    if (done === true) throw new Error("the process ended without a word");
    return JSON.parse(value) as Record<string, unknown>;
  };
  onTestFinished(() => {
    child.kill("SIGKILL");
  });
  return {
    process: child,
    next,
    end: () => {
      child.stdin.end();
      return next();
    },
  };
}

export function serverPid(home: string): number {
  return readPostmaster(serverHome(home).data)?.pid ?? 0;
}

export function serverRuns(home: string): boolean {
  return isServerOf(serverPid(home), serverHome(home).data);
}

/** Waits for the server of a process that was killed to end. */
export async function serverEnded(home: string): Promise<void> {
  while (serverRuns(home)) await delay(5);
}
