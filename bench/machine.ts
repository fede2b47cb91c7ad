/** The machine and the versions that figures were measured with. */
import { execFileSync } from "node:child_process";
import { availableParallelism, cpus, loadavg, release, totalmem } from "node:os";
import { fibo } from "./engine.ts";

export interface Machine {
  readonly cpu: string;
  readonly cores: number;
  readonly memoryGiB: number;
  readonly system: string;
  readonly node: string;
  readonly commit: string;
  /** Load average over one minute before the first workload: other work on the machine. */
  readonly loadBefore: number;
  /** Milliseconds of one core for `fibo(33)`: shared machines are up to twice as fast on one day as on another. */
  readonly fibo33Ms: number;
  /** Microseconds for a message to another process and back; null where it was not measured. */
  messageMicroseconds: number | null;
  postgres: string;
}

export function machine(): Machine {
  return {
    cpu: cpus()[0]?.model.trim() ?? "unknown",
    cores: availableParallelism(),
    memoryGiB: Math.round(totalmem() / 2 ** 30),
    system: `${process.platform} ${release()}`,
    node: process.version,
    commit: commit(),
    loadBefore: Math.round((loadavg()[0] ?? 0) * 10) / 10,
    fibo33Ms: fibo33Ms(),
    messageMicroseconds: null,
    postgres: "",
  };
}

/** The shortest of some: other work on the machine can only lengthen it. */
export function fibo33Ms(): number {
  const times = Array.from({ length: 15 }, () => {
    const begin = performance.now();
    fibo(33);
    return performance.now() - begin;
  });
  return Math.min(...times);
}

function commit(): string {
  try {
    return execFileSync("git", ["rev-parse", "--short", "HEAD"], {
      cwd: import.meta.dirname,
      encoding: "utf8",
    }).trim();
  } catch {
    return "unknown";
  }
}
