/**
 * Columns of a table to a matrix, each by its own step: scikit-learn's `ColumnTransformer` with a pipeline per group. It is
 * fitted on the training part and saved as JSON, and then does the same to any table with these columns.
 */
import { TradewindError } from "../../errors.ts";
import { Matrix, type Targets } from "../data/matrix.ts";
import type { Cells, Table } from "../data/table.ts";
import { type ModelJson, modelFormatVersion, type Transformer } from "../estimators/estimator.ts";
import { modelFromJson } from "../estimators/saved-models.ts";
import { OneHotEncoder, OrdinalEncoder, TargetEncoder } from "./encoders.ts";
import { FrequencyEncoder, HashingEncoder } from "./hashing.ts";
import { KNNImputer, SimpleImputer } from "./imputers.ts";
import { KBinsDiscretizer, MaxAbsScaler, OutlierClipper, RobustScaler } from "./scalers.ts";
import { PowerTransformer, QuantileTransformer } from "./shapes.ts";
import { type Encoder, numberOf, tableCells } from "./table-step.ts";
import { CountVectorizer, DateParts, TfidfVectorizer } from "./text.ts";

/** Either an encoder, which takes cells of any type, or transformers of numbers, one after another; both in that order. */
export interface ColumnStep {
  readonly name: string;
  readonly columns: readonly string[];
  readonly encode?: Encoder;
  readonly transformers?: readonly Transformer[];
}

const encoders = {
  CountVectorizer,
  DateParts,
  FrequencyEncoder,
  HashingEncoder,
  OneHotEncoder,
  OrdinalEncoder,
  TargetEncoder,
  TfidfVectorizer,
};
const numberSteps = {
  KBinsDiscretizer,
  KNNImputer,
  MaxAbsScaler,
  OutlierClipper,
  PowerTransformer,
  QuantileTransformer,
  RobustScaler,
  SimpleImputer,
};

export class ColumnTransformer {
  readonly kind = "ColumnTransformer";
  readonly steps: readonly ColumnStep[];

  constructor(steps: readonly ColumnStep[]) {
    if (steps.length === 0)
      throw new TradewindError("TW_ML_PARAM", "expected at least one step in a ColumnTransformer, got none");
    for (const { name, columns } of steps)
      if (columns.length === 0)
        throw new TradewindError("TW_ML_PARAM", `step "${name}": expected at least one column, got none`);
    this.steps = steps;
  }

  /** The columns that a table must have. */
  get columns(): string[] {
    return [...new Set(this.steps.flatMap(({ columns }) => columns))];
  }

  fit(table: Table, y?: Targets): this {
    this.fitTransform(table, y);
    return this;
  }

  /** For the training part; a target encoder encodes each fold without its own targets. */
  fitTransform(table: Table, y?: Targets): Matrix {
    if (table.rows === 0)
      throw new TradewindError("TW_ML_DATA", "expected rows to fit on, got an empty table");
    return beside(
      this.steps.map((step) => {
        const cells = tableCells(table, step.columns);
        let current = fitEncoder(step, cells, y);
        for (const transformer of step.transformers ?? [])
          current = transformer.fit(current, y).transform(current);
        return current;
      }),
    );
  }

  /** TW_CSV_VALUE when a column is missing, TW_ML_DATA for values that training had not. */
  transform(table: Table): Matrix {
    return beside(
      this.steps.map((step) => {
        const cells = tableCells(table, step.columns);
        const start = step.encode === undefined ? numbers(step, cells) : step.encode.transform(cells);
        return (step.transformers ?? []).reduce((x, transformer) => transformer.transform(x), start);
      }),
    );
  }

  /** Names of the matrix's columns, as far as the steps keep one for one; else numbered by step. */
  outputNames(width: number): string[] {
    const names = this.steps.flatMap((step) =>
      step.encode === undefined ? [...step.columns] : step.encode.outputNames(step.columns),
    );
    return names.length === width ? names : Array.from({ length: width }, (_, j) => `x${j}`);
  }

  toJSON(): ModelJson {
    const state = this.steps.map(({ name, columns, encode, transformers: list = [] }) => ({
      name,
      columns,
      encode: encode?.toJSON() ?? null,
      transformers: list.map((transformer) => transformer.toJSON()),
    }));
    return { model: this.kind, format: modelFormatVersion, params: {}, state };
  }

  static fromJSON(json: ModelJson): ColumnTransformer {
    const steps = json.state as {
      name: string;
      columns: string[];
      encode: ModelJson | null;
      transformers: ModelJson[];
    }[];
    return new ColumnTransformer(
      steps.map(({ name, columns, encode, transformers: list }) => ({
        name,
        columns,
        ...(encode === null ? {} : { encode: encoderFromJson(encode) }),
        transformers: list.map(transformerFromJson),
      })),
    );
  }
}

function encoderFromJson(json: ModelJson): Encoder {
  const Kind = (
    encoders as unknown as Record<
      string,
      new (
        options: never,
      ) => Encoder & { restore(state: unknown): Encoder }
    >
  )[json.model];
  if (Kind === undefined) throw new TradewindError("TW_ML_FORMAT", `there is no encoder "${json.model}"`);
  return new Kind(json.params as never).restore(json.state);
}

function transformerFromJson(json: ModelJson): Transformer {
  const Kind = (
    numberSteps as unknown as Record<
      string,
      new (
        options: never,
      ) => Transformer & { restore(state: unknown): Transformer }
    >
  )[json.model];
  if (Kind === undefined) return modelFromJson(json) as Transformer;
  return new Kind(json.params as never).restore(json.state);
}

function fitEncoder(step: ColumnStep, cells: readonly Cells[], y: Targets | undefined): Matrix {
  const { encode } = step;
  if (encode === undefined) return numbers(step, cells);
  if (encode instanceof TargetEncoder && y !== undefined) return encode.fitTransform(cells, y);
  return encode.fit(cells, y).transform(cells);
}

function numbers(step: ColumnStep, cells: readonly Cells[]): Matrix {
  return Matrix.fromColumns(
    cells.map((column) => column.map((cell) => numberOf(cell, `step "${step.name}"`))),
  );
}

function beside(parts: readonly Matrix[]): Matrix {
  const rows = parts[0].rows;
  const result = new Matrix(
    rows,
    parts.reduce((sum, part) => sum + part.cols, 0),
  );
  for (let i = 0; i < rows; i++) {
    let at = 0;
    for (const part of parts) {
      result.row(i).set(part.row(i), at);
      at += part.cols;
    }
  }
  return result;
}
