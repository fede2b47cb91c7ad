/**
 * Runs the named workloads and reports what they took:
 *   node scripts/bootstrap.mjs bench/run.ts [W1 W3 …] [--peers] [--airflow] [--quick] [--write-docs]
 *     [--database-url URL] [--profile FOLDER]
 * A table goes to the terminal, figures with all samples to bench/results/latest.json (workloads that were not run
 * keep what they had), and with --write-docs a page to docs/benchmarks.md. Peers are installed by
 * bench/peers/install.mjs; they get a PostgreSQL with the settings of the embedded one.
 */
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { docsPage } from "./docs-page.ts";
import type { Engine } from "./engine.ts";
import type { Figure } from "./figures.ts";
import { machine } from "./machine.ts";
import { messageMicroseconds } from "./message-time.ts";
import { withPeers } from "./peers.ts";
import { line, type Results } from "./report.ts";
import { workloads } from "./workloads/index.ts";
import { type Bench, stopTradewind, type Workload, withTradewind } from "./workloads/workload.ts";

const { values: flags, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    peers: { type: "boolean", default: false },
    "peers-only": { type: "boolean", default: false },
    airflow: { type: "boolean", default: false },
    quick: { type: "boolean", default: false },
    "write-docs": { type: "boolean", default: false },
    "database-url": { type: "string" },
    profile: { type: "string" },
  },
});

const resultsFile = join(import.meta.dirname, "results/latest.json");
const wanted = new Set(positionals.map((id) => id.toUpperCase()));
const chosen = workloads.filter(({ id }) => wanted.size === 0 || wanted.has(id));
const unknown = [...wanted].filter((id) => !workloads.some((workload) => workload.id === id));
if (unknown.length > 0) {
  console.error(
    `no such workload: ${unknown.join(", ")}; there are ${workloads.map(({ id }) => id).join(", ")}`,
  );
  process.exit(2);
}

const figures: Figure[] = [];
const here = machine();

function benchOf({ id }: Workload): Bench {
  return {
    quick: flags.quick,
    databaseUrl: flags["database-url"],
    profileFolder: flags.profile,
    report(figure) {
      const complete = { workload: id, ...figure };
      figures.push(complete);
      console.log(line(complete));
    },
    say: (text) => console.error(`${id}: ${text}`),
  };
}

const failures: string[] = [];
async function attempt(what: string, work: () => Promise<void>): Promise<void> {
  try {
    await work();
  } catch (error) {
    failures.push(what);
    console.error(`${what} failed: ${error instanceof Error ? error.stack : String(error)}`);
  }
}

async function main(): Promise<void> {
  mkdirSync(join(import.meta.dirname, "results"), { recursive: true });
  here.postgres = await postgresVersion();
  here.messageMicroseconds = await messageMicroseconds();
  if (!flags["peers-only"])
    for (const workload of chosen) {
      await attempt(workload.id, () => workload.tradewind(benchOf(workload)));
      save();
    }
  await stopTradewind();
  if (flags.peers || flags["peers-only"] || flags.airflow) {
    const which = { npm: flags.peers || (flags["peers-only"] && !flags.airflow), airflow: flags.airflow };
    await withPeers(which, async (engine: Engine) => {
      for (const workload of chosen)
        await attempt(`${workload.id} on ${engine.name}`, async () =>
          workload.peer?.(engine, benchOf(workload)),
        );
      save();
    });
  }
  const results = save();
  if (flags["write-docs"])
    writeFileSync(join(import.meta.dirname, "../docs/benchmarks.md"), docsPage(results));
  if (failures.length > 0) {
    console.error(`failed: ${failures.join(", ")}`);
    process.exitCode = 1;
  }
}

/** After each workload: a run of half an hour that is cut off keeps what it has measured. */
function save(): Results {
  const results: Results = {
    measuredAt: new Date().toISOString(),
    machine: here,
    quick: flags.quick,
    figures: merged(figures),
  };
  writeFileSync(resultsFile, `${JSON.stringify(results, null, 1)}\n`);
  return results;
}

/** Earlier figures of the workloads and engines that were not run now. */
function merged(fresh: readonly Figure[]): Figure[] {
  const before = existsSync(resultsFile)
    ? (JSON.parse(readFileSync(resultsFile, "utf8")) as Results).figures
    : [];
  const key = ({ workload, engine }: Figure): string => `${workload} ${engine}`;
  const renewed = new Set(fresh.map(key));
  const order = (id: string): number => workloads.findIndex((workload) => workload.id === id);
  return [...before.filter((figure) => !renewed.has(key(figure))), ...fresh].sort(
    (a, b) =>
      order(a.workload) - order(b.workload) ||
      Number(b.engine === "Tradewind") - Number(a.engine === "Tradewind"),
  );
}

async function postgresVersion(): Promise<string> {
  let version = "";
  const quiet: Bench = { quick: true, databaseUrl: flags["database-url"], report: () => {}, say: () => {} };
  await withTradewind(quiet, {}, async ({ database }) => {
    version =
      (await database.row<{ server_version: string }>({ text: "SHOW server_version", values: [] }))
        ?.server_version ?? "";
  });
  return version;
}

await main();
process.exit();
