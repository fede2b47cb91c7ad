/**
 * Tracking: SearchRuns over many runs, log-batch of 1000 points, and eight writers of one run, over HTTP:
 *   node bench/tracking.ts [--runs 50000] [--rounds 40] [--mlflow PYTHON]
 * With a Python that has MLflow and psycopg2, MLflow's own server gets the same rows on the same PostgreSQL, and the
 * same calls. Each line is a figure, beside its target where it has one; then a table of both, then JSON.
 */
import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { createApiServer } from "../src/api/server.ts";
import { loadConfig } from "../src/config.ts";
import { silentLog } from "../src/log.ts";
import { openDatabase } from "../src/store/connect.ts";
import { startEmbedded } from "../src/store/embedded/start.ts";
import { migrate } from "../src/store/migrate.ts";
import { loadSecrets } from "../src/store/secrets.ts";
import { createUser } from "../src/store/users.ts";
import { systemClock } from "../src/time.ts";
import { atLeast, atMost, type Figure } from "./figures.ts";
import { freePort, startMlflow } from "./peer-process.ts";
import { besideEachOther, line } from "./report.ts";

const { values: flags } = parseArgs({
  options: {
    runs: { type: "string", default: "50000" },
    rounds: { type: "string", default: "40" },
    mlflow: { type: "string" },
  },
});
const runs = Number(flags.runs);
const rounds = Number(flags.rounds);
const metricsOfRun = 20;

interface Target {
  readonly name: string;
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  /** Whose figures have targets. */
  readonly isOurs: boolean;
}

const figures: Figure[] = [];
function report(
  { name: engine, isOurs }: Target,
  name: string,
  [value, unit]: readonly [number, string],
  target?: Figure["target"],
): void {
  const aimed = isOurs && target !== undefined ? { target } : {};
  const figure: Figure = { workload: "ML", engine, isolation: "A", name, value, unit, ...aimed };
  figures.push(figure);
  console.log(line(figure));
}

const searches: readonly (readonly [string, Record<string, unknown>])[] = [
  ["newest 100", { max_results: 100 }],
  ["metric and param, 100", { filter: "metrics.m7 > 0.9 and params.model = 'm3'", max_results: 100 }],
  ["best 100 by a metric", { order_by: ["metrics.m1 DESC"], max_results: 100 }],
  [
    "three metrics, a tag, best 100",
    {
      filter: "metrics.m1 > 0.2 and metrics.m2 > 0.2 and metrics.m3 < 0.8 and tags.team = 't1'",
      order_by: ["metrics.m4 DESC"],
      max_results: 100,
    },
  ],
  ["newest 1000", { max_results: 1000 }],
  [
    "worst 100 by a metric, page 20",
    { order_by: ["metrics.m1 ASC"], max_results: 100, page_token: page(2000) },
  ],
  ["a metric in a narrow range", { filter: "metrics.m5 > 0.5 and metrics.m5 < 0.501", max_results: 100 }],
  ["two params", { filter: "params.model = 'm3' and params.depth = '2'", max_results: 100 }],
  ["a param that none has", { filter: "params.model = 'm9'", max_results: 100 }],
  ["a param LIKE", { filter: "params.rate LIKE '1%'", max_results: 100 }],
  ["by a param", { order_by: ["params.rate DESC"], max_results: 100 }],
  ["a tag", { filter: "tags.team != 't1'", max_results: 100 }],
  ["by a tag", { order_by: ["tags.team ASC"], max_results: 100 }],
  ["a name LIKE", { filter: "attributes.run_name LIKE '%4999%'", max_results: 100 }],
  [
    "a status and a time",
    { filter: "attributes.status = 'FINISHED' and start_time < 1700010000000", max_results: 100 },
  ],
  ["by a name", { order_by: ["attributes.run_name ASC"], max_results: 100 }],
];

/** MLflow's own form of it. */
function page(offset: number): string {
  return Buffer.from(JSON.stringify({ offset })).toString("base64");
}

function quantile(values: readonly number[], q: number): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(q * sorted.length))] ?? Number.NaN;
}

async function post(target: Target, path: string, body: unknown): Promise<Record<string, unknown>> {
  const answer = await fetch(`${target.url}/api/2.0/mlflow/${path}`, {
    method: "POST",
    headers: { "content-type": "application/json", ...target.headers },
    body: JSON.stringify(body),
  });
  const text = await answer.text();
  if (!answer.ok) throw new Error(`${target.name}: ${path}: ${answer.status} ${text.slice(0, 300)}`);
  return JSON.parse(text) as Record<string, unknown>;
}

async function time(
  target: Target,
  what: string,
  mostMs: number,
  call: (round: number) => Promise<unknown>,
): Promise<void> {
  for (let round = 0; round < 3; round++) await call(-1 - round);
  const samples: number[] = [];
  for (let round = 0; round < rounds; round++) {
    const started = performance.now();
    await call(round);
    samples.push(performance.now() - started);
  }
  report(target, `${what}: median`, [quantile(samples, 0.5), "ms"]);
  report(target, `${what}: p95`, [quantile(samples, 0.95), "ms"], atMost(mostMs));
}

async function newRun(target: Target): Promise<string> {
  const { run } = await post(target, "runs/create", { experiment_id: "0", start_time: 1 });
  return (run as { info: { run_id: string } }).info.run_id;
}

const points = (from: number, count: number) =>
  Array.from({ length: count }, (_, n) => ({
    key: `k${n % 10}`,
    value: n,
    timestamp: from + n,
    step: from + n,
  }));

/** Each of eight logs 25 batches of 40 points of its own to the same run; how many of the 8000 are there then. */
async function eightWriters(target: Target): Promise<{ points: number; seconds: number }> {
  const runId = await newRun(target);
  const started = performance.now();
  await Promise.all(
    Array.from({ length: 8 }, async (_, writer) => {
      for (let batch = 0; batch < 25; batch++)
        await post(target, "runs/log-batch", {
          run_id: runId,
          metrics: points(writer * 1e6 + batch * 1000, 40),
        });
    }),
  );
  const seconds = (performance.now() - started) / 1000;
  let total = 0;
  for (let key = 0; key < 10; key++) {
    const query = `run_id=${runId}&metric_key=k${key}&max_results=25000`;
    const answer = await fetch(`${target.url}/api/2.0/mlflow/metrics/get-history?${query}`, {
      headers: target.headers,
    });
    total += ((await answer.json()) as { metrics?: unknown[] }).metrics?.length ?? 0;
  }
  return { points: total, seconds };
}

async function measure(target: Target, experimentId: string): Promise<void> {
  for (const [what, search] of searches)
    await time(target, `search: ${what}`, 200, () =>
      post(target, "runs/search", { experiment_ids: [experimentId], ...search }),
    );
  const runId = await newRun(target);
  await time(target, "log-batch of 1000 metrics", 30, (round) =>
    post(target, "runs/log-batch", { run_id: runId, metrics: points((round + 10) * 1000, 1000) }),
  );
  const written = await eightWriters(target);
  report(target, "eight writers: points that are there", [written.points, "of 8000"], atLeast(8000));
  report(target, "eight writers", [written.seconds, "s"]);
}

/** Random values that both servers get, as expressions over the number `n` of a run and `k` of a metric. */
const metricValue = "(hashint8(n * 1000 + k) & 65535) / 65535.0";
const runHex = "lpad(to_hex(n), 32, '0')";

function ownRows(experimentId: number): string {
  return `
    INSERT INTO run (run_id, experiment_id, name, status, start_time, artifact_uri)
      SELECT (${runHex})::uuid, ${experimentId}, 'run ' || n, 'FINISHED', to_timestamp(1700000000 + n), 'mlflow-artifacts:/x'
      FROM generate_series(1, ${runs}) n;
    INSERT INTO run_latest_metric (run_id, experiment_id, key, timestamp_ms, step, value)
      SELECT (${runHex})::uuid, ${experimentId}, 'm' || k, 1700000000000, 1, ${metricValue}
      FROM generate_series(1, ${runs}) n, generate_series(1, ${metricsOfRun}) k;
    INSERT INTO run_param SELECT (${runHex})::uuid, p.key, p.value FROM generate_series(1, ${runs}) n,
      LATERAL (VALUES ('model', 'm' || n % 5), ('depth', (n % 7)::text), ('rate', (n % 11)::text)) p (key, value);
    INSERT INTO run_tag SELECT (${runHex})::uuid, t.key, t.value FROM generate_series(1, ${runs}) n,
      LATERAL (VALUES ('team', 't' || n % 4), ('mlflow.runName', 'run ' || n)) t (key, value)`;
}

function mlflowRows(experimentId: number): string {
  return `
    INSERT INTO runs (run_uuid, name, user_id, status, start_time, lifecycle_stage, artifact_uri, experiment_id)
      SELECT ${runHex}, 'run ' || n, 'bench', 'FINISHED', 1700000000000 + n * 1000, 'active', 'mlflow-artifacts:/x', ${experimentId}
      FROM generate_series(1, ${runs}) n;
    INSERT INTO latest_metrics (run_uuid, key, value, timestamp, step, is_nan)
      SELECT ${runHex}, 'm' || k, ${metricValue}, 1700000000000, 1, false
      FROM generate_series(1, ${runs}) n, generate_series(1, ${metricsOfRun}) k;
    INSERT INTO params (run_uuid, key, value) SELECT ${runHex}, p.key, p.value FROM generate_series(1, ${runs}) n,
      LATERAL (VALUES ('model', 'm' || n % 5), ('depth', (n % 7)::text), ('rate', (n % 11)::text)) p (key, value);
    INSERT INTO tags (run_uuid, key, value) SELECT ${runHex}, t.key, t.value FROM generate_series(1, ${runs}) n,
      LATERAL (VALUES ('team', 't' || n % 4), ('mlflow.runName', 'run ' || n)) t (key, value)`;
}

async function execute(url: string, text: string): Promise<void> {
  const database = openDatabase({ url, poolSize: 1 });
  await database.run({ text, values: [] });
  await database.close();
}

async function measureOwn(home: string, url: string): Promise<void> {
  const config = loadConfig({
    home,
    environment: { TRADEWIND__API__PORT: "0", TRADEWIND__DATABASE__URL: url },
  });
  const database = openDatabase({ url, poolSize: config.database.poolSize });
  await migrate(database);
  await createUser(
    database,
    { username: "b", email: null, roles: ["Admin"], password: "a long one" },
    Date.now(),
  );
  const parts = {
    database,
    config,
    secrets: loadSecrets(config.paths.secretKey),
    clock: systemClock,
    log: silentLog(),
  };
  const server = await createApiServer(parts);
  const headers = { authorization: `Basic ${Buffer.from("b:a long one").toString("base64")}` };
  const target = { name: "Tradewind", url: await server.listen(), headers, isOurs: true };
  const { experiment_id: id } = await post(target, "experiments/create", { name: "many" });
  await execute(url, ownRows(Number(id)));
  await execute(url, "VACUUM ANALYZE");
  await measure(target, String(id));
  await server.stop(0);
  await database.close();
}

async function measureMlflow(python: string, home: string, adminUrl: string): Promise<void> {
  await execute(adminUrl, "CREATE DATABASE mlflow_bench");
  const url = adminUrl.replace(/\/[^/?]+(\?|$)/, "/mlflow_bench$1");
  const port = await freePort();
  // By name: which driver SQLAlchemy takes by itself depends on its version.
  const store = url.replace(/^postgres(ql)?:/, "postgresql+psycopg2:");
  const options = [
    "--backend-store-uri",
    store,
    "--artifacts-destination",
    join(home, "a"),
    "--workers",
    "1",
  ];
  const address = `http://127.0.0.1:${port}`;
  const peer = await startMlflow(python, ["server", ...options, "--port", String(port)], `${address}/health`);
  const target = { name: "MLflow", url: address, headers: {}, isOurs: false };
  try {
    const { experiment_id: id } = await post(target, "experiments/create", { name: "many" });
    await execute(url, mlflowRows(Number(id)));
    await execute(url, "VACUUM ANALYZE");
    await measure(target, String(id));
  } finally {
    peer.stop();
  }
}

const home = mkdtempSync(join(tmpdir(), "tw-bench-tracking-"));
const postgres = await startEmbedded({ home, role: "service", name: "bench" });
try {
  console.log(`${runs} runs × ${metricsOfRun} metrics, ${rounds} rounds`);
  await measureOwn(home, postgres.url);
  const python = flags.mlflow;
  if (python !== undefined && spawnSync(python, ["-c", "import mlflow, psycopg2"]).status === 0)
    await measureMlflow(python, home, postgres.url);
  console.log(`\n${besideEachOther(figures)}\n`);
  console.log(JSON.stringify({ workload: "tracking", runs, rounds, figures }));
} finally {
  await postgres.close();
  rmSync(home, { recursive: true, force: true });
}
