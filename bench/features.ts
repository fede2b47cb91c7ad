/**
 * Online look-ups of features: 100 000 entities × 20 features in PostgreSQL, one entity a call.
 *   node bench/features.ts [--lookups 5000]
 * Each line is a figure, beside its target where it has one; the last line is JSON.
 */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { FeatureStore, type FeatureView, RandomState, Table } from "../src/ml/index.ts";
import { openDatabase } from "../src/store/connect.ts";
import { startEmbedded } from "../src/store/embedded/start.ts";
import { migrate } from "../src/store/migrate.ts";
import { atMost } from "./figures.ts";
import { line } from "./report.ts";

const { values } = parseArgs({ options: { lookups: { type: "string", default: "5000" } } });
const entities = 100_000;
const names = Array.from({ length: 20 }, (_, j) => `f${j}`);
const view: FeatureView = {
  name: "bench",
  joinKeys: ["id"],
  features: Object.fromEntries(names.map((name) => [name, "number"])),
  eventTime: "at",
};
const random = new RandomState(1);
const columns = Object.fromEntries(
  names.map((name) => [name, Float64Array.from({ length: entities }, () => random.uniform())]),
);
const id = Float64Array.from({ length: entities }, (_, i) => i);
const data = Table.from({ id, at: new Float64Array(entities).fill(1_700_000_000_000), ...columns });

const home = mkdtempSync(join(tmpdir(), "tradewind-features-"));
const server = await startEmbedded({ home, role: "service", name: "bench" });
try {
  const database = openDatabase({ url: server.url });
  await migrate(database);
  const store = new FeatureStore(database);
  await store.apply(view);
  const started = performance.now();
  await store.push(view, data);
  const seconds = (performance.now() - started) / 1000;
  const times: number[] = [];
  for (let i = 0; i < Number(values.lookups); i++) {
    const from = performance.now();
    await store.onlineFeatures(view, [{ id: random.interval(entities - 1) }]);
    if (i >= 200) times.push(performance.now() - from);
  }
  times.sort((a, b) => a - b);
  const at = (share: number): number => times[Math.floor(times.length * share)] ?? Number.NaN;
  const [p50, p95, p99] = [at(0.5), at(0.95), at(0.99)];
  const figure = { workload: "ML", engine: "Tradewind", isolation: "A", unit: "ms" } as const;
  const what = `look-up of ${names.length} features of one of ${entities} entities`;
  console.log(line({ ...figure, name: `${entities} entities brought online`, value: seconds, unit: "s" }));
  console.log(line({ ...figure, name: `${what}: p50`, value: p50 }));
  console.log(line({ ...figure, name: `${what}: p99`, value: p99, target: atMost(5) }));
  console.log(JSON.stringify({ workload: "online features", entities, seconds, p50, p95, p99 }));
  await database.close();
} finally {
  await server.close();
  rmSync(home, { recursive: true, force: true });
}
