/** Drift within the parts of the data: what is level on the whole can have moved in one town. */
import { TradewindError } from "../../errors.ts";
import { cellsOf, type Table } from "../data/table.ts";
import { type DriftOptions, detectDrift } from "./drift.ts";

export interface SegmentDrift {
  /** The value of the column, as text. */
  segment: string;
  /** Of the current data. */
  rows: number;
  drifted: boolean;
  /** Null where nothing was compared. */
  driftShare: number | null;
  driftedColumns: string[];
  /** Why nothing was compared. */
  note: string | null;
}

export interface SegmentOptions extends DriftOptions {
  /** Segments of fewer rows say nothing. Default 30. */
  minRows?: number;
}

/**
 * One entry for each value that the column has now. A value that the reference has not counts as drifted.
 * @throws TradewindError TW_CSV_VALUE where a table has no such column, and as `detectDrift`.
 */
export function driftBySegment(
  reference: Table,
  current: Table,
  column: string,
  { minRows = 30, ...options }: SegmentOptions = {},
): SegmentDrift[] {
  const shared = options.columns ?? reference.names.filter((name) => current.names.includes(name));
  const columns = shared.filter((name) => name !== column);
  if (columns.length === 0)
    throw new TradewindError("TW_ML_DATA", `expected columns beside "${column}" to compare, got none`);
  const [before, now] = [rowsBySegment(reference, column), rowsBySegment(current, column)];
  return [...now.entries()]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([segment, rows]) => {
      const none = { segment, rows: rows.length, drifted: false, driftShare: null, driftedColumns: [] };
      const old = before.get(segment);
      if (rows.length < minRows)
        return { ...none, note: `${rows.length} of ${minRows} rows: too few to say anything` };
      if (old === undefined) return { ...none, drifted: true, note: "the reference has no such segment" };
      const report = detectDrift(reference.select(old), current.select(rows), { ...options, columns });
      const { drifted, driftShare } = report;
      const driftedColumns = report.columns.filter((one) => one.drifted).map((one) => one.column);
      return { segment, rows: rows.length, drifted, driftShare, driftedColumns, note: null };
    });
}

function rowsBySegment(table: Table, column: string): Map<string, number[]> {
  const segments = new Map<string, number[]>();
  for (const [row, cell] of cellsOf(table.column(column)).entries()) {
    const rows = segments.get(String(cell));
    if (rows === undefined) segments.set(String(cell), [row]);
    else rows.push(row);
  }
  return segments;
}
