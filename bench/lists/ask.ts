/** Asks a server the same question again and again, over HTTP, and says how long its answers took. */
import { performance } from "node:perf_hooks";
import { summary } from "../engine.ts";
import type { Steps } from "./questions.ts";

export interface Asked {
  readonly p50: number;
  readonly p95: number;
  readonly kilobytes: number;
  readonly samples: readonly number[];
}

export interface Server {
  readonly name: string;
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  stop(): Promise<void>;
}

/** A question that takes seconds is not asked as often. */
const patienceMs = 10_000;

/** The first answer is not counted: it warms caches, those of the database too. */
export async function ask(
  server: Pick<Server, "url" | "headers">,
  steps: Steps,
  times: number,
): Promise<Asked> {
  let bytes = await once(server, steps);
  const samples: number[] = [];
  const begin = performance.now();
  while (samples.length < times && (samples.length < 3 || performance.now() - begin < patienceMs)) {
    const start = performance.now();
    bytes = await once(server, steps);
    samples.push(performance.now() - start);
  }
  const { median, p95 } = summary(samples);
  return { p50: median, p95, kilobytes: bytes / 1024, samples };
}

async function once({ url, headers }: Pick<Server, "url" | "headers">, steps: Steps): Promise<number> {
  let bytes = 0;
  for (const paths of steps) {
    const sizes = await Promise.all(
      paths.map(async (path) => {
        const response = await fetch(url + path, { headers });
        const { byteLength } = await response.arrayBuffer();
        if (!response.ok) throw new Error(`${path}: ${response.status}`);
        return byteLength;
      }),
    );
    for (const size of sizes) bytes += size;
  }
  return bytes;
}
