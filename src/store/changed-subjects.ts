/**
 * Tells open pages which experiment, run, model or study changed: `experiment:3`, `run:0af…`, `model:churn`,
 * `study:forest`. A training logs thousands of times a minute, so what gathers within a moment goes out together: a
 * few notifications a second at most, whatever is logged, and none of them within the logging transaction.
 *
 *   quiet --changed--> gathering --gatherMs--> sending --sent--> quiet, or gathering what came meanwhile
 */
import type { Clock, Timer } from "../time.ts";
import type { Executor } from "./connect.ts";
import { sql } from "./sql.ts";

export const subjectsChannel = "tradewind_subjects";

const gatherMs = 200;
/** More at once are told as `*`: everything. */
const mostSubjects = 400;
/** PostgreSQL takes 8000 bytes in a payload. */
const longestPayload = 7900;

export class ChangedSubjects {
  readonly #database: Executor;
  readonly #clock: Clock;
  #waiting = new Set<string>();
  #timer: Timer | null = null;
  #sending: Promise<void> = Promise.resolve();

  constructor(database: Executor, clock: Clock) {
    this.#database = database;
    this.#clock = clock;
  }

  changed(...subjects: readonly string[]): void {
    for (const subject of subjects) this.#waiting.add(subject);
    if (this.#waiting.size > 0) this.#timer ??= this.#clock.after(gatherMs, () => void this.#flush());
  }

  /** What waits is sent first. */
  async stop(): Promise<void> {
    this.#timer?.cancel();
    this.#timer = null;
    await this.#flush();
  }

  #flush(): Promise<void> {
    const subjects = [...this.#waiting];
    this.#waiting = new Set();
    this.#timer = null;
    // A hint: who missed it sees it at the next one.
    if (subjects.length > 0)
      this.#sending = this.#sending.then(() => tell(this.#database, subjects)).catch(() => undefined);
    return this.#sending;
  }
}

async function tell(database: Executor, subjects: readonly string[]): Promise<void> {
  const all = subjects.length > mostSubjects ? ["*"] : await withExperiments(database, subjects);
  const payloads = payloadsOf(all);
  await database.run(
    sql`SELECT pg_notify(${subjectsChannel}, payload) FROM unnest(${payloads}::text[]) AS payload`,
  );
}

/** A page of an experiment shows its runs. */
async function withExperiments(database: Executor, subjects: readonly string[]): Promise<string[]> {
  const runIds = subjects.filter((one) => one.startsWith("run:")).map((one) => one.slice("run:".length));
  if (runIds.length === 0) return [...subjects];
  const rows = await database.rows<{ id: number }>(
    sql`SELECT DISTINCT experiment_id AS id FROM run WHERE run_id = ANY (${runIds}::uuid[])`,
  );
  return [...new Set([...subjects, ...rows.map(({ id }) => `experiment:${id}`)])];
}

function payloadsOf(subjects: readonly string[]): string[] {
  const payloads: string[] = [];
  let list: string[] = [];
  for (const subject of subjects) {
    const next = [...list, subject];
    if (list.length > 0 && Buffer.byteLength(JSON.stringify(next)) > longestPayload) {
      payloads.push(JSON.stringify(list));
      list = [subject];
    } else list = next;
  }
  // A name of thousands of characters fits nowhere.
  return [...payloads, JSON.stringify(list)].map((text) =>
    Buffer.byteLength(text) > longestPayload ? '["*"]' : text,
  );
}

/** Nothing for what is not ours: anybody who may connect can write to a channel. */
export function readSubjects(payload: string): string[] {
  try {
    const list = JSON.parse(payload) as unknown;
    return Array.isArray(list) ? list.filter((one) => typeof one === "string") : [];
  } catch {
    return [];
  }
}
