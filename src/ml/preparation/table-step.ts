/**
 * The shape of everything that prepares tables: fitted on the training part, applied to any other, kept as JSON. What
 * fitting found is data; applying it needs nothing else, so that training, batch and serving do the same.
 */
import { TradewindError } from "../../errors.ts";
import type { Matrix, Targets } from "../data/matrix.ts";
import { type Cell, type Cells, cellsOf, type Table } from "../data/table.ts";
import { fitted, type ModelJson, modelFormatVersion } from "../estimators/estimator.ts";
import { stateFromJson, stateToJson } from "../estimators/state-json.ts";
import { completeOptions, type Params } from "../options.ts";

/** Columns in, columns of numbers out. */
export interface Encoder {
  readonly kind: string;
  fit(columns: readonly Cells[], y?: Targets): this;
  /** Of each input column the numbers, and the names of what comes out. */
  transform(columns: readonly Cells[]): Matrix;
  /** Names of the output, from those of the input. */
  outputNames(names: readonly string[]): string[];
  toJSON(): ModelJson;
}

export function tableCells(table: Table, names: readonly string[]): Cells[] {
  return names.map((name) => cellsOf(table.column(name)));
}

/** What encoders share: options, a state, copies, JSON. */
export abstract class FittedEncoder<Options extends object, State> implements Encoder {
  readonly kind: string;
  readonly params: Readonly<Options>;
  protected state: State | null = null;

  constructor(kind: string, defaults: Options, options: Partial<Options>) {
    this.kind = kind;
    this.params = completeOptions(kind, defaults, options);
  }

  protected get fitted(): State {
    return fitted(this.state, this.kind);
  }

  abstract fit(columns: readonly Cells[], y?: Targets): this;
  abstract transform(columns: readonly Cells[]): Matrix;
  abstract outputNames(names: readonly string[]): string[];

  /** An unfitted one with the same options. */
  fresh(): this {
    const Same = this.constructor as new (options: Partial<Options>) => this;
    return new Same(this.params);
  }

  toJSON(): ModelJson {
    const params = stateToJson(this.params) as Params;
    return { model: this.kind, format: modelFormatVersion, params, state: stateToJson(this.state) };
  }

  restore(state: unknown): this {
    this.state = stateFromJson(state) as State | null;
    return this;
  }

  protected checkWidth(columns: readonly Cells[], expected: number): void {
    if (columns.length === expected) return;
    throw new TradewindError(
      "TW_ML_SHAPE",
      `${this.kind} was fitted on ${expected} columns, got ${columns.length}`,
    );
  }
}

/** A cell as a number: booleans are 0 and 1, a missing one NaN; a text that is no number is refused (`TW_ML_DATA`). */
export function numberOf(cell: Cell, kind: string): number {
  if (typeof cell === "number") return cell;
  if (cell === null) return Number.NaN;
  if (typeof cell === "boolean") return Number(cell);
  throw new TradewindError("TW_ML_DATA", `${kind}: expected numbers, got the text ${JSON.stringify(cell)}`);
}
