/** What `run.ts` gives to a workload, and what a workload is. */
import type { Engine } from "../engine.ts";
import type { Figure } from "../figures.ts";
import { Tradewind, type TradewindOptions } from "../tradewind/tradewind.ts";

export interface Bench {
  readonly quick: boolean;
  readonly databaseUrl?: string | undefined;
  readonly profileFolder?: string | undefined;
  report(figure: Omit<Figure, "workload">): void;
  /** A line for the reader, e.g. what is being prepared. */
  say(text: string): void;
}

export interface Workload {
  readonly id: string;
  readonly title: string;
  tradewind(bench: Bench): Promise<void>;
  /** Absent where peers have nothing that compares. */
  peer?(engine: Engine, bench: Bench): Promise<void>;
}

/** Starts Tradewind with the settings that the workload names, and stops it however the work ends. */
export async function withTradewind(
  bench: Bench,
  options: TradewindOptions,
  work: (engine: Tradewind) => Promise<void>,
): Promise<void> {
  const { databaseUrl, profileFolder } = bench;
  const engine = new Tradewind({ databaseUrl, profileFolder, ...options });
  try {
    await engine.start();
    await work(engine);
  } finally {
    await engine.stop();
  }
}

/** `name=value, …` for the note of a figure. */
export function named(settings: Readonly<Record<string, string | number>>): string {
  return Object.entries(settings)
    .map(([name, value]) => `${name}=${value}`)
    .join(", ");
}
