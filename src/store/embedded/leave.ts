/** The end of a process's use of the server: the last one out stops it. */
import { existsSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { delay, systemClock } from "../../time.ts";
import type { Connection } from "../connect.ts";
import { isConnectionLost } from "../database-errors.ts";
import type { ServerHome } from "./home.ts";
import { readPostmaster } from "./home.ts";
import { isLast } from "./presence.ts";
import { isServerOf } from "./process.ts";

const stopDeadlineMs = 30_000;

/** True when the server was stopped. Closes the session. */
export async function leaveServer(home: ServerHome, session: Connection): Promise<boolean> {
  try {
    if (isKept(home) || !(await isLast(session))) return false;
    // Sent while the lock is held: nobody can enter between.
    return await stopServer(home);
  } catch (error) {
    // Somebody else was the last one, and stopped it.
    if (isConnectionLost(error)) return false;
    throw error;
  } finally {
    await session.close().catch(() => undefined);
  }
}

/** Fast shutdown: open transactions are rolled back, everything committed is on disk. Waits for its end. */
export async function stopServer(home: ServerHome): Promise<boolean> {
  const postmaster = readPostmaster(home.data);
  if (postmaster === null || !isServerOf(postmaster.pid, home.data)) return false;
  rmSync(home.keepFile, { force: true });
  process.kill(postmaster.pid, "SIGINT");
  const deadline = systemClock.now() + stopDeadlineMs;
  while (isServerOf(postmaster.pid, home.data)) {
    // Immediate shutdown: the next start recovers from the log.
    if (systemClock.now() > deadline) process.kill(postmaster.pid, "SIGQUIT");
    await delay(5);
  }
  return true;
}

/** Lets the server run on when nobody uses it, until `stopServer`. */
export function keepServer(home: ServerHome): void {
  writeFileSync(home.keepFile, keepText(home));
}

/** A mark of an earlier server says nothing about this one. */
export function isKept(home: ServerHome): boolean {
  return existsSync(home.keepFile) && readFileSync(home.keepFile, "utf8") === keepText(home);
}

function keepText(home: ServerHome): string {
  const postmaster = readPostmaster(home.data);
  return `${postmaster?.pid ?? 0} ${postmaster?.startedAt ?? 0}\n`;
}
