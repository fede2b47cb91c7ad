/**
 * Trials per second that are asked, told and durable, `fsync` on, and what is left of a study whose process is killed:
 *   node bench/studies/durable.ts [--trials 2000] [--workers 32] [--sampler random]
 * Starts a PostgreSQL of its own in a temporary folder. Each line is a figure, beside its target where it has one; the last
 * line is JSON.
 */
import { fork } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import {
  createStudy,
  DatabaseStudyStorage,
  float,
  type SamplerKind,
  type Study,
} from "../../src/ml/index.ts";
import { type Database, openDatabase } from "../../src/store/connect.ts";
import { startEmbedded } from "../../src/store/embedded/start.ts";
import { migrate } from "../../src/store/migrate.ts";
import { atLeast, atMost, type Figure } from "../figures.ts";
import { line } from "../report.ts";

const { values } = parseArgs({
  options: {
    trials: { type: "string", default: "2000" },
    workers: { type: "string", default: "32" },
    sampler: { type: "string", default: "random" },
    /** Goes on with the study "killed" there, until it is killed itself. */
    url: { type: "string" },
  },
});
const nTrials = Number(values.trials);
const nJobs = Number(values.workers);
const sampler = values.sampler as SamplerKind;
/** Seconds without a sign of life after which a trial is given to somebody else. */
const trialTimeout = 1;

const figures: Figure[] = [];
function report(name: string, value: number, unit: string, target?: Figure["target"]): void {
  const aimed = target === undefined ? {} : { target };
  const figure: Figure = { workload: "W7", engine: "Tradewind", isolation: "A", name, value, unit, ...aimed };
  figures.push(figure);
  console.log(line(figure));
}

function studyOn(database: Database, name: string): Promise<Study> {
  return createStudy({
    name,
    space: { x: float(-5, 5), y: float(-5, 5) },
    sampler,
    nTrials,
    trialTimeout,
    maxRetries: 5,
    loadIfExists: true,
    storage: new DatabaseStudyStorage(database),
  });
}

async function runTrials(study: Study): Promise<void> {
  await study.optimize(({ params }) => Number(params["x"]) ** 2 + Number(params["y"]) ** 2, { nJobs });
}

async function measureSpeed(database: Database): Promise<void> {
  const study = await studyOn(database, "speed");
  const started = performance.now();
  const before = process.cpuUsage();
  await runTrials(study);
  const seconds = (performance.now() - started) / 1000;
  const used = process.cpuUsage(before);
  const kept = (await study.trials()).filter(({ state }) => state === "complete").length;
  if (kept !== nTrials) throw new Error(`expected ${nTrials} complete trials, found ${kept}`);
  const what = `${nTrials} trials (${sampler}) by ${nJobs} workers, asked, told and durable`;
  report(what, nTrials / seconds, "trials/s", atLeast(1000));
  report(`${what}: our processor`, (used.user + used.system) / 1000 / nTrials, "ms/trial");
}

/** Kills a process in the middle of a study and goes on with it here. */
async function measureKill(database: Database, url: string): Promise<void> {
  const study = await studyOn(database, "killed");
  const child = fork(import.meta.filename, [...process.argv.slice(2), "--url", url]);
  const gone = new Promise((resolve) => child.once("exit", resolve));
  const complete = async (): Promise<number> =>
    (await study.trials()).filter(({ state }) => state === "complete").length;
  let before = 0;
  while (before < nTrials / 3) {
    before = await complete();
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
  child.kill("SIGKILL");
  await gone;
  before = await complete();
  // What the killed one had in its hands is free when it has not been heard of for a while.
  while ((await complete()) < nTrials) {
    await runTrials(study);
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  const numbers = (await study.trials()).map(({ number }) => number);
  const gaps = numbers.filter((number, at) => number !== at).length;
  report(`trials of a study that was killed after ${before}`, await complete(), "complete", atLeast(nTrials));
  report("trials of it more than asked for", (await complete()) - nTrials, "trials", atMost(0));
  report("numbers of it that are missing or twice", gaps, "trials", atMost(0));
}

async function main(): Promise<void> {
  const home = mkdtempSync(join(tmpdir(), "tradewind-studies-"));
  const server = await startEmbedded({ home, role: "service", name: "bench" });
  try {
    const database = openDatabase({ url: server.url });
    await migrate(database);
    await measureSpeed(database);
    await measureKill(database, server.url);
    console.log(JSON.stringify({ workload: "durable trials", sampler, nTrials, nJobs, figures }));
    await database.close();
  } finally {
    await server.close();
    rmSync(home, { recursive: true, force: true });
  }
}

if (values.url === undefined) await main();
else await runTrials(await studyOn(openDatabase({ url: values.url }), "killed"));
