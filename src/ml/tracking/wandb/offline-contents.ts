/** What an offline run of W&B says: its name, config, history and end, out of its records. */
import { ProtoMessage } from "./proto-fields.ts";
import type { ReadRecords } from "./record-reader.ts";

export interface HistoryRow {
  readonly step: number;
  /** Epoch milliseconds; null where the row does not say. */
  readonly at: number | null;
  readonly values: Readonly<Record<string, unknown>>;
}

export interface OfflineContents {
  readonly id: string;
  readonly project: string | null;
  readonly entity: string | null;
  readonly name: string | null;
  readonly notes: string | null;
  readonly tags: readonly string[];
  /** Epoch milliseconds. */
  readonly startedAt: number | null;
  readonly config: ReadonlyMap<string, unknown>;
  readonly history: readonly HistoryRow[];
  readonly summary: ReadonlyMap<string, unknown>;
  /** Null: it never said that it ended. */
  readonly exit: { readonly code: number; readonly seconds: number } | null;
  readonly isWhole: boolean;
}

/** Fields of `Record`, and of what is in it, of W&B's protocol. */
const kinds = { history: 2, summary: 3, config: 5, run: 17, exit: 18 } as const;
const itemFields = { key: 1, nestedKey: 2, json: 16 } as const;
const runFields = {
  id: 1,
  entity: 2,
  project: 3,
  config: 4,
  name: 8,
  notes: 9,
  tags: 10,
  start: 17,
} as const;

/** Null where no record says which run it is. */
export function contentsOf({ records, isWhole }: ReadRecords): OfflineContents | null {
  const all = records.map((record) => new ProtoMessage(record));
  const of = (kind: number): ProtoMessage[] => all.flatMap((record) => record.messages(kind));
  const run = of(kinds.run)[0];
  const id = run?.text(runFields.id) ?? null;
  if (run === undefined || id === null) return null;
  const [start] = run.messages(runFields.start);
  const [exit] = of(kinds.exit);
  return {
    id,
    project: run.text(runFields.project),
    entity: run.text(runFields.entity),
    name: run.text(runFields.name),
    notes: run.text(runFields.notes),
    tags: run.texts(runFields.tags),
    startedAt: start === undefined ? null : millisecondsOf(start),
    // What W&B itself keeps there begins with an underscore.
    config: merged([...run.messages(runFields.config), ...of(kinds.config)], (key) => !key.startsWith("_")),
    history: of(kinds.history).map(rowOf),
    summary: merged(of(kinds.summary), (key) => !key.startsWith("_")),
    exit: exit === undefined ? null : { code: exit.int(1) ?? 0, seconds: exit.int(2) ?? 0 },
    isWhole,
  };
}

const millisecondsOf = (stamp: ProtoMessage): number =>
  (stamp.int(1) ?? 0) * 1000 + Math.floor((stamp.int(2) ?? 0) / 1_000_000);

function merged(messages: readonly ProtoMessage[], wanted: (key: string) => boolean): Map<string, unknown> {
  return new Map(messages.flatMap(itemsOf).filter(([key]) => wanted(key)));
}

/** Keys of a nested item are joined as W&B's page shows them. */
function itemsOf(message: ProtoMessage): [string, unknown][] {
  return message.messages(1).map((item) => {
    const nested = item.texts(itemFields.nestedKey);
    const key = nested.length > 0 ? nested.join(".") : (item.text(itemFields.key) ?? "");
    return [key, valueOf(item.text(itemFields.json) ?? "null")];
  });
}

const notFinite: Readonly<Record<string, number>> = {
  NaN: Number.NaN,
  Infinity: Number.POSITIVE_INFINITY,
  "-Infinity": Number.NEGATIVE_INFINITY,
};

/** Python writes numbers that JSON has no word for as bare words, W&B's history as texts. */
function valueOf(json: string): unknown {
  const bare = notFinite[json];
  if (bare !== undefined) return bare;
  try {
    const value = JSON.parse(json) as unknown;
    return typeof value === "string" ? (notFinite[value] ?? value) : value;
  } catch {
    return json;
  }
}

function rowOf(message: ProtoMessage): HistoryRow {
  const values = Object.fromEntries(itemsOf(message));
  const seconds = values["_timestamp"];
  const step = message.messages(2)[0]?.int(1) ?? values["_step"];
  return {
    step: typeof step === "number" ? step : 0,
    at: typeof seconds === "number" ? Math.round(seconds * 1000) : null,
    values: Object.fromEntries(Object.entries(values).filter(([key]) => !key.startsWith("_"))),
  };
}
