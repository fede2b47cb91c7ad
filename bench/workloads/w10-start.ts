/** W10: from nothing to ready, idle memory, and how soon a saved Dag file is there. */
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { openDatabase } from "../../src/store/connect.ts";
import { embeddedUrl, serverHome } from "../../src/store/embedded/home.ts";
import { delay } from "../../src/time.ts";
import { atMost, median, repeated } from "../figures.ts";
import { memory, tree } from "../processes.ts";
import { startStandalone } from "../standalone.ts";
import { type Bench, stopTradewind, type Workload } from "./workload.ts";

/** Longer than an idle Dag-importing process is kept. */
const idleMs = 12_000;
const dagFile = (n: number): string => `import { Dag } from "tradewind";
const dag = new Dag("saved_${n}", { schedule: null });
dag.task("first", () => ${n})();
`;

export const w10: Workload = {
  id: "W10",
  title: "start, idle memory, saved Dag files",
  async tradewind(bench) {
    await stopTradewind();
    const times = bench.quick ? 2 : 5;
    const homes: string[] = [];
    const report = (name: string, samples: readonly number[], unit: string, most?: number): void =>
      bench.report({
        engine: "Tradewind",
        isolation: "B",
        name,
        value: median(samples),
        unit,
        samples,
        ...(most === undefined ? {} : { target: atMost(most) }),
      });
    try {
      const empty = await repeated(times, () => timeToReady(newHome(homes)));
      report("empty home → ready", empty, "ms");
      const home = homes[0] as string;
      report("initialised home → ready", await repeated(times, () => timeToReady(home)), "ms", 3000);
      await whileRunning(home, bench, report);
    } finally {
      for (const home of homes) rmSync(home, { recursive: true, force: true });
    }
  },
};

type ReportSamples = (name: string, samples: readonly number[], unit: string, most?: number) => void;

function newHome(homes: string[]): string {
  const home = mkdtempSync(join(tmpdir(), "tradewind-start-"));
  mkdirSync(join(home, "dags"));
  writeFileSync(join(home, "dags/one.ts"), dagFile(1));
  homes.push(home);
  return home;
}

async function timeToReady(home: string): Promise<number> {
  const standalone = await startStandalone(home, join(home, "dags"));
  await standalone.stop();
  return standalone.readyMs;
}

async function whileRunning(home: string, bench: Bench, report: ReportSamples): Promise<void> {
  const standalone = await startStandalone(home, join(home, "dags"));
  const database = openDatabase({ url: embeddedUrl(serverHome(home)), poolSize: 1 });
  try {
    const versionOf = async (n: number): Promise<number> => {
      const values = [`saved_${n}`];
      const text = "SELECT coalesce(current_version_id, 0) AS version FROM dag WHERE dag_id = $1";
      return (await database.row<{ version: number }>({ text, values }))?.version ?? 0;
    };
    const save = async (n: number, text: string): Promise<number> => {
      await delay(300);
      const before = await versionOf(n);
      const begin = performance.now();
      writeFileSync(join(home, `dags/saved_${n}.ts`), text);
      while ((await versionOf(n)) === before) await delay(1);
      return performance.now() - begin;
    };
    const many = Array.from({ length: bench.quick ? 3 : 10 }, (_, i) => i + 2);
    report(
      "new Dag file saved → visible",
      await repeated(many.length, (i) => save(i + 2, dagFile(i + 2))),
      "ms",
      1000,
    );
    const edited = many.map((n) => dagFile(n).replace("first", "renamed"));
    report(
      "edited Dag file saved → visible",
      await repeated(many.length, (i) => save(i + 2, edited[i] as string)),
      "ms",
      1000,
    );
    bench.say(`idle for ${idleMs / 1000} s`);
    await delay(idleMs);
    const pids = tree([standalone.process.pid ?? 0, postmasterOf(home)]);
    const used = pids.map(memory);
    const sum = (of: "pss" | "rss"): number => used.reduce((total, one) => total + one[of], 0);
    report("idle memory, proportional (PSS) of all processes", [sum("pss")], "MB", 250);
    report("idle memory, resident (RSS) of all processes, shared pages counted for each", [sum("rss")], "MB");
    report("processes when idle", [pids.length], "");
  } finally {
    await database.close();
    await standalone.stop();
  }
}

function postmasterOf(home: string): number {
  return Number(readFileSync(join(home, "postgres/postmaster.pid"), "utf8").split("\n")[0]);
}
