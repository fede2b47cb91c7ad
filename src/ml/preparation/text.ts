/** Texts and dates as numbers: word counts, tf-idf, hashed words, parts of dates. */
import { TradewindError } from "../../errors.ts";
import { Matrix } from "../data/matrix.ts";
import type { Cell, Cells } from "../data/table.ts";
import { checkOption } from "../options.ts";
import { FittedEncoder } from "./table-step.ts";

export interface CountOptions {
  lowercase: boolean;
  /** Shortest and longest run of words that counts as a term. */
  ngramRange: readonly [number, number];
  /** Least share (below 1) or number of texts that have the term. */
  minDf: number;
  maxDf: number;
  /** Keeps only the most frequent terms; null is all. */
  maxFeatures: number | null;
}

export const countDefaults: CountOptions = {
  lowercase: true,
  ngramRange: [1, 1],
  minDf: 1,
  maxDf: 1,
  maxFeatures: null,
};

/** Words of two or more letters, digits or underscores, and their runs: the terms of a text. */
export function termsOf(cell: Cell, { lowercase, ngramRange }: CountOptions): string[] {
  const plain = cell === null ? "" : String(cell);
  const words = (lowercase ? plain.toLowerCase() : plain).match(/[\p{L}\p{N}_]{2,}/gu) ?? [];
  const [shortest, longest] = ngramRange;
  const terms: string[] = [];
  for (let length = shortest; length <= longest; length++)
    for (let at = 0; at + length <= words.length; at++) terms.push(words.slice(at, at + length).join(" "));
  return terms;
}

/** The terms that are kept, sorted. `maxDf` of 1 and `minDf` of 1 leave all. */
function vocabularyOf(cells: Cells, options: CountOptions): string[] {
  const documents = new Map<string, number>();
  const totals = new Map<string, number>();
  for (const cell of cells) {
    const terms = termsOf(cell, options);
    for (const term of terms) totals.set(term, (totals.get(term) ?? 0) + 1);
    for (const term of new Set(terms)) documents.set(term, (documents.get(term) ?? 0) + 1);
  }
  const least = options.minDf < 1 ? options.minDf * cells.length : options.minDf;
  const most = options.maxDf <= 1 ? options.maxDf * cells.length : options.maxDf;
  let kept = [...documents]
    .filter(([, count]) => count >= least && count <= most)
    .map(([term]) => term)
    .sort();
  if (options.maxFeatures !== null && kept.length > options.maxFeatures) {
    const order = [...kept].sort((a, b) => (totals.get(b) ?? 0) - (totals.get(a) ?? 0) || (a < b ? -1 : 1));
    kept = order.slice(0, options.maxFeatures).sort();
  }
  if (kept.length > 0) return kept;
  throw new TradewindError("TW_ML_DATA", `no terms are left of ${cells.length} texts`, {
    hint: "They are empty, or minDf, maxDf and maxFeatures leave nothing.",
  });
}

function countTerms(cells: Cells, vocabulary: readonly string[], options: CountOptions): Matrix {
  const position = new Map(vocabulary.map((term, at) => [term, at]));
  const counts = new Matrix(cells.length, vocabulary.length);
  cells.forEach((cell, i) => {
    const row = counts.row(i);
    for (const term of termsOf(cell, options)) {
      const at = position.get(term);
      if (at !== undefined) row[at]++;
    }
  });
  return counts;
}

function one(columns: readonly Cells[], kind: string): Cells {
  if (columns.length === 1) return columns[0];
  throw new TradewindError("TW_ML_SHAPE", `${kind} takes one column of texts, got ${columns.length}`);
}

/** How often each word stands in a text: scikit-learn's `CountVectorizer`. */
export class CountVectorizer extends FittedEncoder<CountOptions, { vocabulary: string[] }> {
  constructor(options: Partial<CountOptions> = {}) {
    super("CountVectorizer", countDefaults, options);
  }

  get vocabulary(): readonly string[] {
    return this.fitted.vocabulary;
  }

  fit(columns: readonly Cells[]): this {
    this.state = { vocabulary: vocabularyOf(one(columns, this.kind), this.params) };
    return this;
  }

  transform(columns: readonly Cells[]): Matrix {
    return countTerms(one(columns, this.kind), this.fitted.vocabulary, this.params);
  }

  outputNames(names: readonly string[]): string[] {
    return this.fitted.vocabulary.map((term) => `${names[0]}_${term}`);
  }
}

export interface TfidfOptions extends CountOptions {
  /** Counts as 1 + ln(count). */
  sublinearTf: boolean;
}

/** Counts times ln((1 + texts) / (1 + texts with the term)) + 1, each text of length 1: `TfidfVectorizer`. */
export class TfidfVectorizer extends FittedEncoder<
  TfidfOptions,
  { vocabulary: string[]; idf: Float64Array }
> {
  constructor(options: Partial<TfidfOptions> = {}) {
    super("TfidfVectorizer", { ...countDefaults, sublinearTf: false }, options);
  }

  get vocabulary(): readonly string[] {
    return this.fitted.vocabulary;
  }

  get idf(): Float64Array {
    return this.fitted.idf;
  }

  fit(columns: readonly Cells[]): this {
    const cells = one(columns, this.kind);
    const vocabulary = vocabularyOf(cells, this.params);
    const counts = countTerms(cells, vocabulary, this.params);
    const idf = Float64Array.from(vocabulary, (_, j) => {
      const documents = counts.column(j).reduce((sum, count) => sum + Number(count > 0), 0);
      return Math.log((1 + cells.length) / (1 + documents)) + 1;
    });
    this.state = { vocabulary, idf };
    return this;
  }

  transform(columns: readonly Cells[]): Matrix {
    const { vocabulary, idf } = this.fitted;
    const weights = countTerms(one(columns, this.kind), vocabulary, this.params);
    for (let i = 0; i < weights.rows; i++) {
      const row = weights.row(i);
      row.forEach((count, j) => {
        row[j] = (this.params.sublinearTf && count > 0 ? 1 + Math.log(count) : count) * idf[j];
      });
      const length = Math.sqrt(row.reduce((sum, value) => sum + value * value, 0)) || 1;
      row.forEach((value, j) => {
        row[j] = value / length;
      });
    }
    return weights;
  }

  outputNames(names: readonly string[]): string[] {
    return this.fitted.vocabulary.map((term) => `${names[0]}_${term}`);
  }
}

const dateParts = {
  year: (date: Date) => date.getUTCFullYear(),
  month: (date: Date) => date.getUTCMonth() + 1,
  day: (date: Date) => date.getUTCDate(),
  /** Monday is 0, as in Python. */
  weekday: (date: Date) => (date.getUTCDay() + 6) % 7,
  dayofyear: (date: Date) =>
    Math.floor(
      (Date.UTC(date.getUTCFullYear(), date.getUTCMonth(), date.getUTCDate()) -
        Date.UTC(date.getUTCFullYear(), 0, 1)) /
        86_400_000,
    ) + 1,
  quarter: (date: Date) => Math.floor(date.getUTCMonth() / 3) + 1,
  hour: (date: Date) => date.getUTCHours(),
  minute: (date: Date) => date.getUTCMinutes(),
  weekend: (date: Date) => Number([0, 6].includes(date.getUTCDay())),
};

export type DatePart = keyof typeof dateParts;

export interface DatePartsOptions {
  parts: readonly DatePart[];
}

/** Parts of ISO dates, in UTC; a missing date gives missing parts. */
export class DateParts extends FittedEncoder<DatePartsOptions, { columns: number }> {
  constructor(options: Partial<DatePartsOptions> = {}) {
    super("DateParts", { parts: ["year", "month", "day", "weekday"] }, options);
    const known = Object.keys(dateParts);
    const { parts } = this.params;
    checkOption(
      this.kind,
      "parts",
      parts,
      parts.length > 0 && parts.every((part) => known.includes(part)),
      `some of ${known.join(", ")}`,
    );
  }

  fit(columns: readonly Cells[]): this {
    this.state = { columns: columns.length };
    return this;
  }

  transform(columns: readonly Cells[]): Matrix {
    this.checkWidth(columns, this.fitted.columns);
    return Matrix.fromColumns(
      columns.flatMap((cells) => {
        const dates = cells.map((cell) => (cell === null ? null : this.#date(cell)));
        return this.params.parts.map((part) =>
          Float64Array.from(dates, (date) => (date === null ? Number.NaN : dateParts[part](date))),
        );
      }),
    );
  }

  outputNames(names: readonly string[]): string[] {
    return names.flatMap((name) => this.params.parts.map((part) => `${name}_${part}`));
  }

  #date(cell: Cell): Date {
    const bare = typeof cell === "string" && /^\d{4}-\d{2}-\d{2}[T ]\d{2}:\d{2}(:\d{2}(\.\d+)?)?$/.test(cell);
    const date = new Date(bare ? `${(cell as string).replace(" ", "T")}Z` : (cell as string | number));
    if (!Number.isNaN(date.getTime())) return date;
    throw new TradewindError("TW_ML_DATA", `DateParts: expected an ISO date, got ${JSON.stringify(cell)}`);
  }
}
