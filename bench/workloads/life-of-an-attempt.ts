/** The table "The life of a task attempt" of the design, measured over the tasks of W1's chain. */
import { atMost, median } from "../figures.ts";
import type { Tradewind } from "../tradewind/tradewind.ts";
import type { Life } from "../tradewind/watch-attempts.ts";
import type { Bench } from "./workload.ts";

interface Step {
  readonly name: string;
  readonly budgetMs?: number;
  /** Nanoseconds; `next` is the attempt of the task behind it. */
  length(life: Life, next: Life): number;
}

const steps: readonly Step[] = [
  {
    name: "result arrives → committed with the downstream's queued",
    budgetMs: 1,
    length: (life, next) => next.dispatched - life.finished,
  },
  {
    name: "queued → a warm slot has taken it",
    budgetMs: 0.2,
    length: (life) => life.taken - life.dispatched,
  },
  { name: "taken → running is committed", budgetMs: 0.7, length: (life) => life.begun - life.taken },
  {
    name: "running → the handler starts (TypeScript, warm)",
    budgetMs: 0.3,
    length: (life) => (life.handlerBegan ?? 0) - life.begun,
  },
  {
    name: "the handler itself, fibo(10)",
    length: (life) => (life.handlerEnded ?? 0) - (life.handlerBegan ?? 0),
  },
  {
    name: "handler ended → result arrives",
    budgetMs: 0.3,
    length: (life) => life.finished - (life.handlerEnded ?? 0),
  },
  { name: "queued → running", length: (life) => life.begun - life.dispatched },
  { name: "running → finished", length: (life) => life.finished - life.begun },
  { name: "finished → next queued", length: (life, next) => next.dispatched - life.finished },
];

export async function lifeOfAnAttempt(engine: Tradewind, bench: Bench): Promise<void> {
  await engine.run(["chain_40_timed"]);
  await engine.order("lives");
  for (let i = 0; i < (bench.quick ? 5 : 20); i++) await engine.run(["chain_40_timed"]);
  const lives = (await engine.order("lives")).filter(({ handlerBegan }) => handlerBegan !== null);
  const pairs = lives.flatMap((life, i) => {
    const next = lives[i + 1];
    return next !== undefined && next.runId === life.runId ? [[life, next] as const] : [];
  });
  for (const { name, budgetMs, length } of steps) {
    const value = median(pairs.map(([life, next]) => length(life, next) / 1e6));
    const target = budgetMs === undefined ? {} : { target: atMost(budgetMs) };
    const { name: engineName, isolation } = engine;
    bench.report({ engine: engineName, isolation, name: `task: ${name}`, value, unit: "ms", ...target });
  }
}
