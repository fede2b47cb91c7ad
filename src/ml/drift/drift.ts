/**
 * Whether data drifted: each column by the test that Evidently chooses for its kind and size, and the table when the share of
 * drifted columns reaches a threshold.
 */
import { TradewindError } from "../../errors.ts";
import type { Column, Table } from "../data/table.ts";
import { type Sample, type StatTest, type StatTestName, statTests, type Value } from "./stat-tests.ts";

export interface DriftOptions {
  /** Default: the columns that both tables have. */
  columns?: readonly string[];
  /** Columns of numbers that are to be taken as categories. */
  categorical?: readonly string[];
  /** A test for all columns, or by column; else the one that fits. */
  test?: StatTestName | Readonly<Record<string, StatTestName>>;
  /** A threshold for all columns, or by column; else the test's own. */
  threshold?: number | Readonly<Record<string, number>>;
  /** Share of drifted columns from which on the table has drifted. Default 0.5. */
  driftShare?: number;
}

export interface ColumnDrift {
  column: string;
  kind: "num" | "cat";
  test: StatTestName;
  /** A p-value or a distance; null where there was nothing to compare. */
  score: number | null;
  threshold: number;
  drifted: boolean;
  /** Why there is no score. */
  note: string | null;
  reference: Distribution;
  current: Distribution;
}

/** What a page shows of one side: shares of at most 20 bins or values. */
export interface Distribution {
  count: number;
  missing: number;
  mean: number | null;
  bins: { label: string; share: number }[];
}

export interface DriftReport {
  drifted: boolean;
  driftShare: number;
  driftedColumns: number;
  columns: ColumnDrift[];
}

/** TW_ML_DATA when the reference has no rows or there is no column to compare. */
export function detectDrift(reference: Table, current: Table, options: DriftOptions = {}): DriftReport {
  if (reference.rows === 0)
    throw new TradewindError("TW_ML_DATA", "expected a reference with rows, got an empty one");
  const shared = reference.names.filter((name) => current.names.includes(name));
  const names = options.columns ?? shared;
  if (names.length === 0)
    throw new TradewindError("TW_ML_DATA", "reference and current data share no column");
  const columns = names.map((name) =>
    columnDrift(name, reference.column(name), current.column(name), options),
  );
  const driftedColumns = columns.filter(({ drifted }) => drifted).length;
  const driftShare = driftedColumns / columns.length;
  return { drifted: driftShare >= (options.driftShare ?? 0.5), driftShare, driftedColumns, columns };
}

function columnDrift(name: string, reference: Column, current: Column, options: DriftOptions): ColumnDrift {
  const [r, c] = [presentOf(reference), presentOf(current)];
  const kind = reference.type === "number" && options.categorical?.includes(name) !== true ? "num" : "cat";
  if (reference.type !== current.type && r.length > 0 && c.length > 0)
    throw new TradewindError(
      "TW_ML_DATA",
      `column "${name}" is of ${reference.type} in the reference and of ${current.type} now`,
    );
  const wanted = typeof options.test === "string" ? options.test : options.test?.[name];
  const test = wanted ?? defaultTest(r, c, kind);
  const known: StatTest | undefined = Object.hasOwn(statTests, test) ? statTests[test] : undefined;
  if (known === undefined)
    throw new TradewindError("TW_ML_PARAM", `there is no test of drift "${test}"`, {
      hint: `The tests are ${Object.keys(statTests).join(", ")}.`,
    });
  const fewValues = kind === "num" && new Set([...r, ...c]).size <= fewDistinct;
  if (!known.kinds.includes(kind) && !(fewValues && known.kinds.includes("cat")))
    throw new TradewindError(
      "TW_ML_PARAM",
      `the test "${test}" is not for column "${name}", which is ${kind === "num" ? "of numbers" : "of categories"}`,
    );
  const threshold =
    (typeof options.threshold === "number" ? options.threshold : options.threshold?.[name]) ??
    known.threshold;
  const base = { column: name, kind, test, threshold } as const;
  const sides = {
    reference: distributionOf(reference, r, r, c, kind),
    current: distributionOf(current, c, r, c, kind),
  };
  if (r.length === 0 || c.length === 0) {
    // Nothing to compare: values that are gone altogether, or new, are drift; neither is not.
    const note = r.length === 0 ? "the reference has no value" : "the current data has no value";
    return { ...base, score: null, drifted: r.length !== c.length, note, ...sides };
  }
  const score = known.score(r, c, kind);
  return { ...base, score, drifted: known.isDrift(score, threshold), note: null, ...sides };
}

/** Without missing values; infinite numbers count as missing. */
function presentOf(column: Column): Sample {
  if (column.type === "number") return Array.from(column.values).filter(Number.isFinite);
  return column.values.filter((value) => value !== null);
}

/** Numbers with at most so many distinct values are taken as categories. */
const fewDistinct = 5;

/** Evidently's choice: up to 1000 reference rows a test, beyond a distance; few distinct numbers are categories. */
function defaultTest(reference: Sample, current: Sample, kind: "num" | "cat"): StatTestName {
  const distinct = new Set([...reference, ...current]).size;
  const continuous = kind === "num" && distinct > fewDistinct;
  if (reference.length > 1000) return continuous ? "wasserstein" : "jensenshannon";
  if (continuous) return "ks";
  return distinct > 2 ? "chisquare" : "z";
}

function distributionOf(
  column: Column,
  own: Sample,
  reference: Sample,
  current: Sample,
  kind: "num" | "cat",
): Distribution {
  const missing = column.values.length - own.length;
  const mean =
    kind === "num" && own.length > 0 ? (own as number[]).reduce((a, b) => a + b, 0) / own.length : null;
  const bins =
    kind === "num"
      ? numericBins(own as number[], [...reference, ...current] as number[])
      : valueShares(own, reference);
  return { count: own.length, missing, mean, bins };
}

function numericBins(own: readonly number[], all: readonly number[]): Distribution["bins"] {
  if (own.length === 0) return [];
  const low = all.reduce((a, b) => Math.min(a, b), Number.POSITIVE_INFINITY);
  const high = all.reduce((a, b) => Math.max(a, b), Number.NEGATIVE_INFINITY);
  const count = high > low ? 20 : 1;
  const counts = Array<number>(count).fill(0);
  for (const value of own)
    counts[Math.min(count - 1, Math.floor(((value - low) / (high - low || 1)) * count))]++;
  const border = (k: number): string => String(Number((low + ((high - low) * k) / count).toPrecision(6)));
  return counts.map((each, k) => ({ label: `${border(k)} – ${border(k + 1)}`, share: each / own.length }));
}

/** The commonest values of the reference first; what is beyond 19 is "other". */
function valueShares(own: Sample, reference: Sample): Distribution["bins"] {
  const counts = new Map<Value, number>();
  for (const value of [...reference, ...own]) counts.set(value, (counts.get(value) ?? 0) + 1);
  const top = [...counts.keys()].sort((a, b) => (counts.get(b) ?? 0) - (counts.get(a) ?? 0)).slice(0, 19);
  const share = (value: Value): number =>
    own.filter((each) => each === value).length / Math.max(1, own.length);
  const bins = top.map((value) => ({ label: String(value), share: share(value) }));
  const rest = 1 - bins.reduce((sum, bin) => sum + bin.share, 0);
  return counts.size > 19 ? [...bins, { label: "other", share: rest }] : bins;
}
