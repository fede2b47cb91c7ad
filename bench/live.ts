/**
 * Live pages: how long after a commit a page hears of it, and what 200 open pages cost the scheduler.
 * `node bench/live.ts` prints a row for no page and one for 200 pages.
 */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { performance } from "node:perf_hooks";
import { createApiServer } from "../src/api/server.ts";
import { loadConfig } from "../src/config.ts";
import { silentLog } from "../src/log.ts";
import { openDatabase } from "../src/store/connect.ts";
import { startEmbedded } from "../src/store/embedded/start.ts";
import { type RunChange, tellChanges } from "../src/store/live-changes.ts";
import { migrate } from "../src/store/migrate.ts";
import { loadSecrets } from "../src/store/secrets.ts";
import { createUser } from "../src/store/users.ts";
import { systemClock } from "../src/time.ts";

const pages = 200;
const rounds = 40;
const home = mkdtempSync(join(tmpdir(), "tw-bench-live-"));
const embedded = await startEmbedded({ home, role: "service", name: "bench" });
const database = openDatabase({ url: embedded.url, poolSize: 5 });
await migrate(database);
const config = loadConfig({ home, environment: { TRADEWIND__API__PORT: "0" } });
const secrets = loadSecrets(config.paths.secretKey);
const server = await createApiServer({ database, secrets, clock: systemClock, config, log: silentLog() });
const url = await server.listen();
const user = { username: "u", email: null, password: "p", roles: ["Viewer"] };
await createUser(database, user, systemClock.now());
const authorization = `Basic ${Buffer.from("u:p").toString("base64")}`;

let heard: (() => void) | null = null;
const leave = new AbortController();

async function openPage(): Promise<void> {
  const response = await fetch(`${url}/events/stream?topics=runs,tasks:d`, {
    headers: { authorization },
    signal: leave.signal,
  });
  const ready = Promise.withResolvers<void>();
  void (async () => {
    const decoder = new TextDecoder();
    for await (const chunk of response.body as unknown as AsyncIterable<Uint8Array>) {
      const text = decoder.decode(chunk);
      if (text.includes("event: ready")) ready.resolve();
      if (text.includes("event: run")) heard?.();
    }
  })().catch(() => undefined);
  await ready.promise;
}

const change: RunChange = { dagId: "d", runId: "r", state: "running", tasks: [["t", -1, "running", 1]] };
await openPage();
for (const open of [1, pages]) {
  for (let n = open === 1 ? 1 : 1; n < open; n++) await openPage();
  const first: number[] = [];
  const last: number[] = [];
  const told: number[] = [];
  const before = process.cpuUsage();
  for (let round = 0; round < rounds; round++) {
    const start = performance.now();
    let count = 0;
    const all = Promise.withResolvers<void>();
    heard = () => {
      if (++count === 1) first.push(performance.now() - start);
      if (count === open) {
        last.push(performance.now() - start);
        all.resolve();
      }
    };
    await tellChanges(database, [change]);
    told.push(performance.now() - start);
    await all.promise;
  }
  const { user: u, system } = process.cpuUsage(before);
  const row = {
    pages: open,
    "notify, as the scheduler waits for it (ms)": median(told),
    "first page hears (ms)": median(first),
    "last page hears (ms)": median(last),
    "slowest of all (ms)": Math.round(Math.max(...last) * 10) / 10,
    "processor time of server and pages (ms each)": Math.round((u + system) / 100 / rounds) / 10,
  };
  console.log(JSON.stringify(row));
}
leave.abort();
await server.stop(0);
await database.close();
await embedded.close();
rmSync(home, { recursive: true, force: true });

function median(values: number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  return Math.round((sorted[Math.floor(sorted.length / 2)] ?? 0) * 10) / 10;
}
