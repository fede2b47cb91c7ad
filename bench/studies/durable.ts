/**
 * Trials per second that are asked, told and durable, `fsync` on:
 *   node bench/studies/durable.ts [--trials 2000] [--workers 32] [--sampler random]
 * Starts a PostgreSQL of its own in a temporary folder. The last line is JSON.
 */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { createStudy, DatabaseStudyStorage, float, type SamplerKind } from "../../src/ml/index.ts";
import { openDatabase } from "../../src/store/connect.ts";
import { startEmbedded } from "../../src/store/embedded/start.ts";
import { migrate } from "../../src/store/migrate.ts";

const { values } = parseArgs({
  options: {
    trials: { type: "string", default: "2000" },
    workers: { type: "string", default: "32" },
    sampler: { type: "string", default: "random" },
  },
});
const nTrials = Number(values.trials);
const nJobs = Number(values.workers);
const home = mkdtempSync(join(tmpdir(), "tradewind-studies-"));
const server = await startEmbedded({ home, role: "service", name: "bench" });
try {
  const database = openDatabase({ url: server.url });
  await migrate(database);
  const study = await createStudy({
    space: { x: float(-5, 5), y: float(-5, 5) },
    sampler: values.sampler as SamplerKind,
    storage: new DatabaseStudyStorage(database),
  });
  const started = performance.now();
  const before = process.cpuUsage();
  await study.optimize(({ params }) => Number(params["x"]) ** 2 + Number(params["y"]) ** 2, {
    nTrials,
    nJobs,
  });
  const seconds = (performance.now() - started) / 1000;
  const used = process.cpuUsage(before);
  const cpuMs = (used.user + used.system) / 1000 / nTrials;
  const kept = (await study.trials()).filter(({ state }) => state === "complete").length;
  if (kept !== nTrials) throw new Error(`expected ${nTrials} complete trials, found ${kept}`);
  console.log(
    `${nTrials} trials by ${nJobs} workers in ${seconds.toFixed(2)} s: ${(nTrials / seconds).toFixed(0)} trials/s`,
  );
  console.log(
    JSON.stringify({ workload: "durable trials", sampler: values.sampler, nTrials, nJobs, seconds, cpuMs }),
  );
  await database.close();
} finally {
  await server.close();
  rmSync(home, { recursive: true, force: true });
}
