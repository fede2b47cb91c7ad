/** How a model does once its labels have come: predictions joined with them, and the score against that of the reference. */
import { TradewindError } from "../../errors.ts";
import { cellsOf, type Table } from "../data/table.ts";

export interface LabelledPredictions {
  /** Predictions whose label has come, with the label as a column. */
  table: Table;
  /** Share of the predictions that have one. */
  labelled: number;
}

/** Adds the label to each prediction by its key; of several labels for a key the last one counts. TW_CSV_VALUE without the columns. */
export function joinLabels(
  predictions: Table,
  labels: Table,
  options: { key: string; label: string },
): LabelledPredictions {
  const { key, label } = options;
  const rowOf = new Map(cellsOf(labels.column(key)).map((cell, row) => [cell, row]));
  const matches = cellsOf(predictions.column(key)).map((cell) => rowOf.get(cell));
  const rows = [...matches.keys()].filter((row) => matches[row] !== undefined);
  const picked = labels.select(rows.map((row) => matches[row] as number)).column(label);
  const values =
    picked.type === "number"
      ? picked.values
      : picked.type === "text"
        ? (picked.values as string[])
        : picked.values.map(Number);
  const table =
    rows.length === 0 ? predictions.select([]) : predictions.select(rows).with({ [label]: values });
  return { table, labelled: predictions.rows === 0 ? 0 : rows.length / predictions.rows };
}

export interface DecayOptions {
  /** Whether a larger score is better. Default true. */
  greaterIsBetter?: boolean;
  /** How much worse the score may be than the reference's. Default 0.05. */
  tolerance?: number;
  /** Fewer labelled predictions say nothing. Default 30. */
  minSamples?: number;
}

export interface DecayReport {
  /** Null when there are too few labels to say. */
  decayed: boolean | null;
  reference: number;
  current: number;
  /** By how much it is worse; negative when it is better. */
  loss: number;
  samples: number;
}

/** A score that is not a number counts as decayed: a check that cannot be made must not pass. */
export function performanceDecay(
  reference: number,
  current: number,
  samples: number,
  options: DecayOptions = {},
): DecayReport {
  const { greaterIsBetter = true, tolerance = 0.05, minSamples = 30 } = options;
  if (!Number.isFinite(reference))
    throw new TradewindError("TW_ML_DATA", `expected the reference's score to be a number, got ${reference}`);
  const loss = greaterIsBetter ? reference - current : current - reference;
  const decayed = samples < minSamples ? null : Number.isNaN(loss) || loss > tolerance;
  return { decayed, reference, current, loss, samples };
}
