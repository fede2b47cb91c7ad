/**
 * W8: 1, 100 and 1000 rows to a forest of 100 and a logistic regression on iris. The server is a process of its own; the
 * load comes from this one, on the same machine. Two kinds of load:
 *
 * - closed: 1, 10 and 100 connections that each wait for their answer before they ask again. This finds the most that the
 *   server does; with N connections at X requests/s each waits N / X, whatever the server does (Little's law);
 * - open: requests begin at a fixed rate, on whichever of the connections is free, and their time counts from when
 *   they should have begun. This is what the latency of 8000 requests/s means.
 *
 *     node scripts/bootstrap.mjs bench/serving.ts [--seconds 4] [--rate 8000] [--mlflow PYTHON] [--quick]
 *
 * The forest is served as ONNX too where `onnxruntime-node` is installed. With a Python that has MLflow and scikit-learn, a
 * forest of scikit-learn's is served by `mlflow models serve`, and by `tradewind serve` in a warm Python process.
 * Each line is a figure, beside its target where it has one; then a table of the engines beside each other, then JSON.
 */
import { type ChildProcess, execFileSync, spawn } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { connect, type Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { parseArgs } from "node:util";
import {
  LogisticRegression,
  loadIris,
  RandomForestClassifier,
  saveModelPackage,
  toOnnx,
} from "../src/ml/index.ts";
import { atLeast, atMost, type Figure } from "./figures.ts";
import { freePort, startMlflow } from "./peer-process.ts";
import { besideEachOther, line } from "./report.ts";

const { values: flags } = parseArgs({
  options: {
    seconds: { type: "string", default: "4" },
    rate: { type: "string", default: "8000" },
    mlflow: { type: "string" },
    /** Only the figures that have targets. */
    quick: { type: "boolean", default: false },
  },
});
const seconds = Number(flags.seconds);
const rate = Number(flags.rate);
const program = join(import.meta.dirname, "../bin/tradewind.mjs");

interface Load {
  readonly perSecond: number;
  readonly p50: number;
  readonly p99: number;
  readonly errors: number;
}

/** One connection that is asked one thing at a time. */
class Client {
  readonly #socket: Socket;
  #text = "";
  #done: ((ok: boolean) => void) | null = null;

  private constructor(socket: Socket) {
    this.#socket = socket;
    socket.on("data", (chunk: Buffer) => this.#take(chunk));
  }

  static async open(port: number): Promise<Client> {
    const socket = connect(port, "127.0.0.1").setNoDelay(true);
    await new Promise<void>((resolve, reject) => socket.once("connect", resolve).once("error", reject));
    return new Client(socket);
  }

  /** Whether the answer was 200. */
  ask(request: Buffer): Promise<boolean> {
    return new Promise((resolve) => {
      this.#done = resolve;
      this.#socket.write(request);
    });
  }

  close(): void {
    this.#socket.destroy();
  }

  #take(chunk: Buffer): void {
    this.#text += chunk.toString("latin1");
    const head = this.#text.indexOf("\r\n\r\n");
    if (head < 0) return;
    const length = Number(/content-length: (\d+)/i.exec(this.#text)?.[1] ?? 0);
    if (this.#text.length < head + 4 + length) return;
    const ok = this.#text.startsWith("HTTP/1.1 200");
    this.#text = "";
    this.#done?.(ok);
  }
}

function requestOf(port: number, body: string): Buffer {
  const head = `POST /invocations HTTP/1.1\r\nHost: localhost:${port}\r\nContent-Type: application/json\r\nContent-Length: ${Buffer.byteLength(body)}\r\n\r\n`;
  return Buffer.from(head + body);
}

async function withClients<T>(
  port: number,
  count: number,
  work: (clients: Client[]) => Promise<T>,
): Promise<T> {
  const clients = await Promise.all(Array.from({ length: count }, () => Client.open(port)));
  try {
    return await work(clients);
  } finally {
    for (const client of clients) client.close();
  }
}

function summary(latencies: number[], errors: number, took: number): Load {
  latencies.sort((a, b) => a - b);
  const at = (q: number): number => latencies[Math.ceil(latencies.length * q) - 1] ?? Number.NaN;
  return { perSecond: latencies.length / took, p50: at(0.5), p99: at(0.99), errors };
}

/** Every connection asks again as soon as it has its answer. */
function closedLoad(port: number, body: string, connections: number, length = seconds): Promise<Load> {
  const request = requestOf(port, body);
  return withClients(port, connections, async (clients) => {
    const latencies: number[] = [];
    let errors = 0;
    const begun = performance.now();
    const until = begun + length * 1000;
    const work = async (client: Client): Promise<void> => {
      while (performance.now() < until) {
        const from = performance.now();
        if (!(await client.ask(request))) errors += 1;
        latencies.push(performance.now() - from);
      }
    };
    await Promise.all(clients.map(work));
    return summary(latencies, errors, (performance.now() - begun) / 1000);
  });
}

/** Requests begin at the rate, whatever the answers take. */
function openLoad(port: number, body: string, connections: number, length = seconds): Promise<Load> {
  const request = requestOf(port, body);
  return withClients(port, connections, async (clients) => {
    const latencies: number[] = [];
    const free = [...clients];
    const total = Math.floor(length * rate);
    let errors = 0;
    let begun = 0;
    const start = performance.now();
    const dueAt = (n: number): number => start + (n * 1000) / rate;
    const ask = async (client: Client, due: number): Promise<void> => {
      if (!(await client.ask(request))) errors += 1;
      latencies.push(performance.now() - due);
      free.push(client);
    };
    while (latencies.length < total) {
      while (begun < total && free.length > 0 && dueAt(begun) <= performance.now())
        void ask(free.shift() as Client, dueAt(begun++));
      await new Promise((resolve) => setImmediate(resolve));
    }
    return summary(latencies, errors, (performance.now() - start) / 1000);
  });
}

interface Server {
  readonly process: ChildProcess;
  readonly port: number;
  readonly readyMs: number;
}

async function serve(folder: string, environment: NodeJS.ProcessEnv = {}): Promise<Server> {
  const begun = performance.now();
  const child = spawn(process.execPath, [program, "serve", "-m", folder, "-p", "0"], {
    stdio: ["ignore", "pipe", "inherit"],
    env: { ...process.env, ...environment, TRADEWIND__LOGGING__LEVEL: "warning" },
  });
  for await (const text of createInterface({ input: child.stdout })) {
    const port = /127\.0\.0\.1:(\d+)\/invocations/.exec(text)?.[1];
    if (port !== undefined) return { process: child, port: Number(port), readyMs: performance.now() - begun };
  }
  throw new Error("the server ended before it was ready");
}

const peerModel = `
import sys
import mlflow.sklearn
from sklearn.datasets import load_iris
from sklearn.ensemble import RandomForestClassifier
x, y = load_iris(return_X_y=True, as_frame=True)
x.columns = sys.argv[2].split(",")
mlflow.sklearn.save_model(RandomForestClassifier(100, random_state=42).fit(x, y), sys.argv[1], input_example=x[:1])
`;

async function servePeer(python: string, folder: string, names: readonly string[]) {
  const script = `${folder}.py`;
  writeFileSync(script, peerModel);
  execFileSync(python, [script, folder, names.join(",")], { stdio: ["ignore", "ignore", "ignore"] });
  const port = await freePort();
  const options = ["models", "serve", "-m", folder, "-p", String(port), "--env-manager", "local"];
  return { port, peer: await startMlflow(python, options, `http://127.0.0.1:${port}/ping`) };
}

/** Seconds of processor time that a process has used; Linux only. */
function cpuSeconds(pid: number | undefined): number {
  try {
    const fields = readFileSync(`/proc/${pid}/stat`, "latin1")
      .replace(/^.*\) /, "")
      .split(" ");
    return (Number(fields[11]) + Number(fields[12])) / 100;
  } catch {
    return Number.NaN;
  }
}

const figures: Figure[] = [];
function report(engine: string, name: string, value: number, unit: string, target?: Figure["target"]): void {
  const figure: Figure = {
    workload: "W8",
    engine,
    isolation: "A",
    name,
    value,
    unit,
    ...(target === undefined ? {} : { target }),
  };
  figures.push(figure);
  console.log(line(figure));
}

interface Targets {
  readonly perSecond?: Figure["target"];
  readonly p99?: Figure["target"];
}

function reportLoad(engine: string, name: string, load: Load, targets: Targets = {}): void {
  report(engine, name, load.perSecond, "requests/s", targets.perSecond);
  report(engine, `${name}: p50`, load.p50, "ms");
  report(engine, `${name}: p99`, load.p99, "ms", targets.p99);
  if (load.errors > 0) report(engine, `${name}: errors`, load.errors, "answers", atMost(0));
}

const { x, y, featureNames } = await loadIris();
const row = Array.from(x.row(0));
const bodyOf = (rows: number): string =>
  JSON.stringify({
    dataframe_split: { columns: featureNames, data: Array.from({ length: rows }, () => row) },
  });
const models = {
  "forest of 100": new RandomForestClassifier({ nEstimators: 100, seed: 42 }).fit(x, y),
  "logistic regression": new LogisticRegression().fit(x, y),
};
const folder = mkdtempSync(join(tmpdir(), "tw-serving-"));

/** One row and many, by one connection and by many that each wait for their answer. */
async function measureClosed(
  engine: string,
  name: string,
  { port, pid }: { port: number; pid: number | undefined },
  isTarget = false,
): Promise<void> {
  await closedLoad(port, bodyOf(1), 4, 2);
  for (const rows of flags.quick ? [1] : [1, 100, 1000])
    for (const connections of rows === 1000 ? [1, 10] : [1, 10, 100]) {
      const targets = isTarget && rows === 1 && connections >= 10 ? { perSecond: atLeast(8000) } : {};
      const before = cpuSeconds(pid);
      const load = await closedLoad(port, bodyOf(rows), connections);
      const used = cpuSeconds(pid) - before;
      const what = `${name}, ${rows} row(s), ${connections} connections`;
      reportLoad(engine, what, load, targets);
      // Of the process that was started, not of those that it started.
      if (engine === "Tradewind" || engine === "Tradewind, ONNX")
        report(engine, `${what}: processor`, (used / seconds / load.perSecond) * 1e6, "µs/request");
    }
}

async function measureOwn(name: string, model: RandomForestClassifier | LogisticRegression): Promise<void> {
  const place = join(folder, model.kind);
  const inputs = featureNames.map((one) => ({ name: one }));
  await saveModelPackage(place, model, { inputs, inputExample: row });
  const { port, process: server, readyMs } = await serve(place);
  try {
    const isTarget = name === "forest of 100";
    await measureClosed("Tradewind", name, { port, pid: server.pid }, isTarget);
    for (const connections of [10, 100]) {
      const targets = isTarget ? { p99: atMost(5) } : {};
      const what = `${name}, 1 row, ${rate}/s on ${connections} connections`;
      reportLoad("Tradewind", what, await openLoad(port, bodyOf(1), connections), targets);
    }
    report("Tradewind", `${name}: start to ready`, readyMs, "ms");
  } finally {
    server.kill("SIGINT");
  }
}

/** A forest of scikit-learn's: by `tradewind serve` in a warm Python process, and by `mlflow models serve`. */
async function measurePeer(python: string): Promise<void> {
  const place = join(folder, "peer");
  const { port, peer } = await servePeer(python, place, featureNames);
  try {
    await measureClosed("MLflow", "forest of 100", { port, pid: peer.process.pid });
    report("MLflow", "forest of 100: start to ready", peer.readyMs, "ms");
  } finally {
    peer.stop();
  }
  const own = await serve(place, { TRADEWIND__PYTHON__INTERPRETER: python });
  try {
    await measureClosed("Tradewind, Python", "forest of 100", { port: own.port, pid: own.process.pid });
    report("Tradewind, Python", "forest of 100: start to ready", own.readyMs, "ms");
  } finally {
    own.process.kill("SIGINT");
  }
}

/** The forest as ONNX, where ONNX Runtime is installed. */
async function measureOnnx(): Promise<void> {
  const runtime = "onnxruntime-node";
  if (
    !(await import(runtime).then(
      () => true,
      () => false,
    ))
  )
    return;
  const place = join(folder, "onnx");
  mkdirSync(place);
  writeFileSync(
    join(place, "model.onnx"),
    toOnnx(models["forest of 100"], { features: featureNames.length }),
  );
  writeFileSync(join(place, "MLmodel"), JSON.stringify({ flavors: { onnx: { data: "model.onnx" } } }));
  const { port, process: server } = await serve(place);
  try {
    await measureClosed("Tradewind, ONNX", "forest of 100", { port, pid: server.pid });
  } finally {
    server.kill("SIGINT");
  }
}

try {
  for (const [name, model] of Object.entries(models))
    if (!flags.quick || name === "forest of 100") await measureOwn(name, model);
  await measureOnnx();
  if (flags.mlflow !== undefined) await measurePeer(flags.mlflow);
  console.log(`\n${besideEachOther(figures)}\n`);
  console.log(JSON.stringify({ workload: "W8", seconds, rate, figures }));
} finally {
  rmSync(folder, { recursive: true });
}
