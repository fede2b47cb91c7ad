/**
 * Lock files of a dead server. PostgreSQL takes them away itself, unless the dead server's number belongs to some
 * other process by now (the rule in a container, where numbers start anew): then it refuses to start.
 */
import { linkSync, readFileSync, renameSync, rmSync } from "node:fs";
import { join } from "node:path";
import type { ServerHome } from "./home.ts";
import { isServerOf } from "./process.ts";

export function removeStaleLocks(paths: ServerHome): void {
  for (const file of [join(paths.data, "postmaster.pid"), `${paths.socketFile}.lock`])
    removeStale(file, paths.data);
}

/**
 * Moved away first and looked at then: another process may have done the same and started a server meanwhile,
 * whose file goes back at once. The other of the two files keeps a third server out.
 */
function removeStale(file: string, data: string): void {
  const aside = `${file}.stale-${process.pid}`;
  if (namesServer(file, data)) return;
  try {
    renameSync(file, aside);
    if (namesServer(aside, data)) linkSync(aside, file);
  } catch (error) {
    if (!(error instanceof Error && "code" in error && ["ENOENT", "EEXIST"].includes(String(error.code))))
      throw error;
  } finally {
    rmSync(aside, { force: true });
  }
}

function namesServer(file: string, data: string): boolean {
  try {
    return isServerOf(Math.abs(Number.parseInt(readFileSync(file, "utf8"), 10)), data);
  } catch {
    return false;
  }
}
