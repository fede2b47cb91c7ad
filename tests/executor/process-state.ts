import { readProcess } from "../../src/executor/process-table.ts";

/** True when no process of this pid runs any more; one that only waits to be collected counts as gone. */
export function isGone(pid: number): boolean {
  return readProcess(pid)?.zombie ?? true;
}
