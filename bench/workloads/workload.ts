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

let open: { readonly key: string; readonly engine: Tradewind } | null = null;

/**
 * Gives Tradewind with the settings that the workload names. One that runs already with the same settings is used
 * on, as each peer is one process through all workloads: both are warm. `stopTradewind` ends the last.
 */
export async function withTradewind(
  bench: Bench,
  options: TradewindOptions,
  work: (engine: Tradewind) => Promise<void>,
): Promise<void> {
  const { databaseUrl, profileFolder } = bench;
  const all = { databaseUrl, profileFolder, ...options };
  const key = JSON.stringify(all);
  if (open?.key !== key) {
    await stopTradewind();
    const engine = new Tradewind(all);
    open = { key, engine };
    await engine.start();
  }
  try {
    await work(open.engine);
  } catch (error) {
    await stopTradewind();
    throw error;
  }
}

export async function stopTradewind(): Promise<void> {
  const last = open;
  open = null;
  await last?.engine.stop();
}

/** `name=value, …` for the note of a figure. */
export function named(settings: Readonly<Record<string, string | number>>): string {
  return Object.entries(settings)
    .map(([name, value]) => `${name}=${value}`)
    .join(", ");
}
