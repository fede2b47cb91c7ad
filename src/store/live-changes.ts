/**
 * What schedulers tell pages that are open: which runs and task instances changed, and to what. On a channel of its
 * own, in JSON, apart from the words between services. Hints, as every notification: rows are what counts.
 */
import type { DagRunState, TaskInstanceState } from "../core/states.ts";
import type { Executor } from "./connect.ts";
import { sql } from "./sql.ts";

export const liveChannel = "tradewind_live";

/** How a page's server asks schedulers to go on telling, on the channel of the services. */
export const watchingWord = "watching";
/** Schedulers stop telling when nobody has asked for so long; servers ask three times as often. */
export const watchingMs = 30_000;

export type TaskChange = readonly [
  taskId: string,
  mapIndex: number,
  state: TaskInstanceState | null,
  tryNumber: number,
];

export interface RunChange {
  readonly dagId: string;
  readonly runId: string;
  /** Absent: as before. Null: the run was deleted. */
  readonly state?: DagRunState | null;
  /** "many": more than are worth telling one by one. */
  readonly tasks?: readonly TaskChange[] | "many";
}

/** PostgreSQL takes 8000 bytes at most, of which a character may need four. */
const longestPayload = 7900;

export async function tellChanges(executor: Executor, changes: readonly RunChange[]): Promise<void> {
  const payloads = payloadsOf(changes);
  await executor.run(
    sql`SELECT pg_notify(${liveChannel}, payload) FROM unnest(${payloads}::text[]) AS payload`,
  );
}

/** Nothing for what is not ours: anybody who may connect can write to a channel. */
export function readChanges(payload: string): RunChange[] {
  try {
    const changes = JSON.parse(payload) as unknown;
    return Array.isArray(changes) ? (changes as RunChange[]) : [];
  } catch {
    return [];
  }
}

/** Lists of changes as texts that each fit; a run whose tasks do not fit is told as "many". */
export function payloadsOf(changes: readonly RunChange[]): string[] {
  const payloads: string[] = [];
  let parts: string[] = [];
  let bytes = 2;
  for (const change of changes) {
    let text = JSON.stringify(change);
    if (Buffer.byteLength(text) > longestPayload - 2) text = JSON.stringify({ ...change, tasks: "many" });
    const size = Buffer.byteLength(text) + 1;
    if (bytes + size > longestPayload && parts.length > 0) {
      payloads.push(`[${parts.join(",")}]`);
      parts = [];
      bytes = 2;
    }
    parts.push(text);
    bytes += size;
  }
  if (parts.length > 0) payloads.push(`[${parts.join(",")}]`);
  return payloads;
}
