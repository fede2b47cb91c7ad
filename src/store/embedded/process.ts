/** Whether a process lives, and what it is; `kill(pid, 0)` alone takes a zombie for a living one. */
import { execFileSync } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";

export function isRunning(pid: number): boolean {
  if (!Number.isInteger(pid) || pid <= 0) return false;
  try {
    process.kill(pid, 0);
  } catch (error) {
    // EPERM: it lives and belongs to somebody else.
    if (!(error instanceof Error && "code" in error && error.code === "EPERM")) return false;
  }
  if (!existsSync("/proc/self/stat")) return true;
  try {
    // "pid (name) state …"; the name may hold blanks and brackets.
    const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
    return !["Z", "X"].includes(stat.charAt(stat.lastIndexOf(")") + 2));
  } catch {
    return false;
  }
}

/** True when `pid` is a server on this data folder, and not some process that got the number later. */
export function isServerOf(pid: number, data: string): boolean {
  if (!isRunning(pid)) return false;
  try {
    const command = existsSync("/proc/self/cmdline")
      ? readFileSync(`/proc/${pid}/cmdline`, "utf8").replaceAll("\0", " ")
      : execFileSync("/bin/ps", ["-o", "command=", "-p", String(pid)], { encoding: "utf8" });
    return command.includes(` -D ${data} `);
  } catch {
    return false;
  }
}
