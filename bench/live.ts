/**
 * Live pages: what 200 that are open cost a run of three tasks, and how long after its end they hear of it. Scheduler,
 * API server and pages are processes of their own, on one machine.
 *
 *     node scripts/bootstrap.mjs bench/live.ts
 */
import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";
import { constants, setPriority } from "node:os";
import { join } from "node:path";
import type { ApiMessage } from "../src/cli/api-process.ts";
import { createUser } from "../src/store/users.ts";
import { summary } from "./engine.ts";
import { type Figure, repeated } from "./figures.ts";
import { machine } from "./machine.ts";
import { line } from "./report.ts";
import { Tradewind } from "./tradewind/tradewind.ts";

const pages = 200;
const runs = 60;
const dagId = "chain_3_fibo_1";
const user = { username: "viewer", email: null, password: "a password of the bench", roles: ["Viewer"] };
const authorization = `Basic ${Buffer.from(`${user.username}:${user.password}`).toString("base64")}`;

async function startApi(engine: Tradewind): Promise<{ process: ChildProcess; url: string }> {
  const program = join(import.meta.dirname, "../bin/tradewind.mjs");
  const flags = ["--home", engine.home, "--host", "127.0.0.1", "--port", "0", "--log-level", "warning"];
  const child = fork(program, ["api-server", ...flags], {
    env: { ...process.env, TRADEWIND__DATABASE__URL: engine.url },
    execArgv: [],
  });
  const [said] = (await once(child, "message")) as [ApiMessage];
  if (!("listening" in said)) throw new Error(`the API server did not start: ${JSON.stringify(said)}`);
  return { process: child, url: said.listening };
}

/** Pages that are open, and the end of a run as each of them hears it. */
class Pages {
  readonly #url: string;
  readonly #leave = new AbortController();
  #open = 0;
  #heard: { count: number; readonly all: PromiseWithResolvers<number> } | null = null;

  constructor(url: string) {
    this.#url = url;
  }

  async open(count: number): Promise<void> {
    for (; this.#open < count; this.#open++) await this.#openOne();
  }

  /** Resolves with the moment at which the last page has heard that a run succeeded. */
  lastHears(): Promise<number> {
    const all = Promise.withResolvers<number>();
    this.#heard = { count: 0, all };
    return all.promise;
  }

  close(): void {
    this.#leave.abort();
  }

  async #openOne(): Promise<void> {
    const response = await fetch(`${this.#url}/events/stream?topics=runs,tasks:${dagId}`, {
      headers: { authorization },
      signal: this.#leave.signal,
    });
    const ready = Promise.withResolvers<void>();
    void this.#listen(response, ready.resolve).catch(() => undefined);
    await ready.promise;
  }

  async #listen(response: Response, ready: () => void): Promise<void> {
    const decoder = new TextDecoder();
    for await (const chunk of response.body as unknown as AsyncIterable<Uint8Array>) {
      const text = decoder.decode(chunk, { stream: true });
      if (text.includes("event: ready")) ready();
      if (!/event: run\b[^]*?"state":"success"/.test(text)) continue;
      const heard = this.#heard;
      if (heard !== null && ++heard.count === this.#open) heard.all.resolve(performance.now());
    }
  }
}

function report(name: string, samples: readonly number[]): void {
  const { median, p95 } = summary(samples);
  for (const [what, value] of Object.entries({ median, p95 })) {
    const figure: Figure = {
      workload: "LIVE",
      engine: "Tradewind",
      isolation: "B",
      name: `${name}, ${what}`,
      value,
      unit: "ms",
    };
    console.log(line(figure));
  }
}

const engine = new Tradewind();
await engine.start();
await createUser(engine.database, user, Date.now());
const api = await startApi(engine);
const open = new Pages(api.url);
console.log(JSON.stringify({ machine: await machine() }));
const alone = async (): Promise<number> => {
  const took = await engine.chain(3, 1);
  // As long as pages take to hear of it: a machine that was at rest is slower at first.
  await new Promise((resolve) => setTimeout(resolve, 100));
  return took;
};
await repeated(20, alone);
report("three tasks, no page", await repeated(runs, alone));
await open.open(pages);
// Pages are on other machines: here they must not take the processor from what is measured.
setPriority(constants.priority.PRIORITY_LOW);
const lags: number[] = [];
const withPages = await repeated(runs, async () => {
  const last = open.lastHears();
  const took = await engine.chain(3, 1);
  const ended = performance.now();
  lags.push((await last) - ended);
  return took;
});
report(`three tasks, ${pages} pages`, withPages);
report(`the last of ${pages} pages hears of the end`, lags);
open.close();
report("three tasks, no page again", await repeated(runs, alone));
api.process.disconnect();
await once(api.process, "exit");
await engine.stop();
