/**
 * W8: one row and 100 rows to a forest of 100 and a logistic regression on iris, by 1, 10 and 100 connections that each
 * wait for their answer. The server is a process of its own; the load comes from this one, on the same machine.
 *
 *     node scripts/bootstrap.mjs bench/serving.ts
 */
import { type ChildProcess, spawn } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { connect, type Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { LogisticRegression, loadIris, RandomForestClassifier, saveModelPackage } from "../src/ml/index.ts";

const seconds = Number(process.argv[2] ?? 4);
const program = join(import.meta.dirname, "../bin/tradewind.mjs");

interface Figures {
  readonly perSecond: number;
  readonly p50: number;
  readonly p99: number;
  readonly errors: number;
}

/** One connection that asks, waits for the answer, and asks again until `until`. */
async function client(port: number, request: Buffer, until: number, latencies: number[]): Promise<number> {
  const socket = connect(port, "127.0.0.1").setNoDelay(true);
  await new Promise<void>((resolve) => socket.once("connect", resolve));
  let errors = 0;
  while (performance.now() < until) {
    const begun = performance.now();
    if (!(await exchange(socket, request))) errors += 1;
    latencies.push(performance.now() - begun);
  }
  socket.destroy();
  return errors;
}

/** @returns whether the answer was 200 */
function exchange(socket: Socket, request: Buffer): Promise<boolean> {
  return new Promise((resolve) => {
    let text = "";
    const onData = (chunk: Buffer): void => {
      text += chunk.toString("latin1");
      const head = text.indexOf("\r\n\r\n");
      if (head < 0) return;
      const length = Number(/content-length: (\d+)/i.exec(text)?.[1] ?? 0);
      if (text.length < head + 4 + length) return;
      socket.off("data", onData);
      resolve(text.startsWith("HTTP/1.1 200"));
    };
    socket.on("data", onData);
    socket.write(request);
  });
}

async function load(port: number, body: string, connections: number, length: number): Promise<Figures> {
  const head = `POST /invocations HTTP/1.1\r\nHost: localhost:${port}\r\nContent-Type: application/json\r\nContent-Length: ${Buffer.byteLength(body)}\r\n\r\n`;
  const request = Buffer.from(head + body);
  const latencies: number[] = [];
  const begun = performance.now();
  const until = begun + length * 1000;
  const errors = await Promise.all(
    Array.from({ length: connections }, () => client(port, request, until, latencies)),
  );
  const took = (performance.now() - begun) / 1000;
  latencies.sort((a, b) => a - b);
  const at = (q: number): number => latencies[Math.ceil(latencies.length * q) - 1] ?? Number.NaN;
  return {
    perSecond: latencies.length / took,
    p50: at(0.5),
    p99: at(0.99),
    errors: errors.reduce((sum, count) => sum + count, 0),
  };
}

async function serve(folder: string): Promise<{ process: ChildProcess; port: number; readyMs: number }> {
  const begun = performance.now();
  const child = spawn(process.execPath, [program, "serve", "-m", folder, "-p", "0"], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  for await (const line of createInterface({ input: child.stdout })) {
    const port = /127\.0\.0\.1:(\d+)\/invocations/.exec(line)?.[1];
    if (port !== undefined) return { process: child, port: Number(port), readyMs: performance.now() - begun };
  }
  throw new Error("the server ended before it was ready");
}

const { x, y, featureNames } = await loadIris();
const models = {
  "forest of 100": new RandomForestClassifier({ nEstimators: 100, seed: 42 }).fit(x, y),
  "logistic regression": new LogisticRegression().fit(x, y),
};
const folder = mkdtempSync(join(tmpdir(), "tw-serving-"));
console.log(
  "| model | rows | connections | requests/s | p50 ms | p99 ms | errors |\n| --- | --- | --- | --- | --- | --- | --- |",
);
for (const [name, model] of Object.entries(models)) {
  const place = join(folder, model.kind);
  const row = Array.from(x.row(0));
  await saveModelPackage(place, model, { inputs: featureNames.map((name) => ({ name })), inputExample: row });
  const server = await serve(place);
  for (const rows of [1, 100]) {
    const body = JSON.stringify({
      dataframe_split: { columns: featureNames, data: Array.from({ length: rows }, () => row) },
    });
    await load(server.port, body, 4, 1);
    for (const connections of [1, 10, 100]) {
      const { perSecond, p50, p99, errors } = await load(server.port, body, connections, seconds);
      console.log(
        `| ${name} | ${rows} | ${connections} | ${Math.round(perSecond)} | ${p50.toFixed(2)} | ${p99.toFixed(2)} | ${errors} |`,
      );
    }
  }
  console.log(`| ${name}: start to ready | | | | ${Math.round(server.readyMs)} ms | | |`);
  server.process.kill("SIGINT");
}
rmSync(folder, { recursive: true });
