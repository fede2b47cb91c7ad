/** One worker is kept alive, in whatever order the news of its end come. */
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { createServer, type Server } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pino } from "pino";
import { expect, test } from "vitest";
import { signal } from "../../src/executor/process-table.ts";
import { defaultWorkerSettings, type WorkerSettings } from "../../src/executor/worker/settings.ts";
import { readWorkerRecords } from "../../src/executor/worker/worker-record.ts";
import { WorkerKeeper } from "../../src/executor/worker-keeper.ts";
import { systemClock } from "../../src/time.ts";

class Home {
  readonly path = mkdtempSync(join(tmpdir(), "tradewind-keeper-"));
  readonly runFolder = join(this.path, "run");
  readonly server: Server = createServer();
  readonly #deaths = Promise.withResolvers<void>();
  readonly keeper = new WorkerKeeper({
    clock: systemClock,
    log: pino({ level: "error" }, { write: () => this.#deaths.resolve() }),
    settings: this.#settings(),
    adoptionMs: 100,
  });

  get told(): Promise<void> {
    return this.#deaths.promise;
  }

  #settings(): WorkerSettings {
    return {
      ...defaultWorkerSettings,
      name: "kept",
      managed: true,
      connect: { socket: join(this.path, "s") },
      runFolder: this.runFolder,
      logFolder: join(this.path, "logs"),
      childEntry: join(import.meta.dirname, "fixtures", "child.ts"),
      python: { start: "spawn", idleMs: 1000 } as WorkerSettings["python"],
      logLevel: "error",
      logFormat: "json",
    };
  }

  /** Greets for the worker that connects next, as the executor does, and returns its process. */
  async worker(): Promise<number> {
    await once(this.server, "connection");
    const [record] = readWorkerRecords(this.runFolder);
    if (record === undefined) throw new Error("a worker connected that left no record");
    this.keeper.arrived(record.worker);
    return record.worker.pid;
  }
}

const it = test.extend<{ home: Home }>({
  // Vitest reads which fixtures a fixture needs from its pattern.
  // oxlint-disable-next-line no-empty-pattern
  home: async ({}, use) => {
    const home = new Home();
    home.server.listen(join(home.path, "s"));
    await once(home.server, "listening");
    await use(home);
    await home.keeper.end(100);
    home.server.close();
    rmSync(home.path, { recursive: true, force: true });
  },
});

it("a worker whose death is known before its connection closes is replaced", async ({ home }) => {
  const [, first] = await Promise.all([home.keeper.start(), home.worker()]);
  signal(first, "SIGKILL");
  await home.told;
  home.keeper.left();
  expect(await home.worker()).not.toBe(first);
});
