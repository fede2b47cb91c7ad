import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { LocalExecutor } from "../../src/executor/local.ts";
import { signal } from "../../src/executor/process-table.ts";
import { readWorkerRecords } from "../../src/executor/worker/worker-record.ts";
import { silentLog } from "../../src/log.ts";
import { readLog } from "../../src/logs/read-log.ts";
import { systemClock } from "../../src/time.ts";
import { type ExecutorOptions, type ExecutorUnderTest, executorConformance } from "./conformance.ts";

executorConformance("LocalExecutor", (options) => new LocalUnderTest(options));

class LocalUnderTest implements ExecutorUnderTest {
  readonly home = mkdtempSync(join(tmpdir(), "tradewind-executor-"));
  readonly #options: ExecutorOptions;
  #last: LocalExecutor | null = null;

  constructor(options: ExecutorOptions = {}) {
    this.#options = options;
  }

  connect(): LocalExecutor {
    const { home } = this;
    const worker = {
      name: "local",
      slots: 2,
      warmChildren: 1,
      heartbeatMs: 100,
      killGraceMs: 300,
      childEntry: join(import.meta.dirname, "fixtures", "child.ts"),
      ...this.#options,
    };
    this.#last = new LocalExecutor({
      clock: systemClock,
      log: silentLog(),
      runFolder: join(home, "run"),
      logFolder: join(home, "logs"),
      workers: [worker],
    });
    return this.#last;
  }

  killWorkers(): void {
    for (const { worker } of readWorkerRecords(join(this.home, "run"))) signal(worker.pid, "SIGKILL");
  }

  async log(logPath: string) {
    return (await readLog(join(this.home, "logs", logPath))).records;
  }

  async close(): Promise<void> {
    await this.#last?.stop({ keepRunning: false, graceMs: 100 });
    rmSync(this.home, { recursive: true, force: true });
  }
}
