/**
 * What a task says that it read and made. It is written with the attempt's end, whatever the outcome, and leads from the
 * models and data that came of it back to here.
 */
import type { Json } from "../../core/dag-model.ts";
import { checkUse, type LineageUse } from "../../core/lineage.ts";
import { runningClient } from "../../sdk/context.ts";

export interface LineageItem {
  readonly kind: LineageUse["kind"];
  readonly name: string;
  /** Digest of a data set, number of a feature view or of a model's version. */
  readonly version?: string | number;
  /** Where it is: `s3://bucket/key`, `file:///data/x.parquet`. */
  readonly uri?: string;
  readonly details?: { readonly [name: string]: Json };
}

export interface LineageItems {
  readonly inputs?: readonly LineageItem[];
  readonly outputs?: readonly LineageItem[];
}

/**
 * Of the running task. Outside of one it does nothing, so that the same code runs in a script.
 *
 * @throws TradewindError TW_LINEAGE_VALUE for what cannot be kept.
 */
export function recordLineage({ inputs = [], outputs = [] }: LineageItems): void {
  const uses = [...inputs.map((one) => useOf("input", one)), ...outputs.map((one) => useOf("output", one))];
  runningClient()?.recordLineage(uses);
}

function useOf(direction: LineageUse["direction"], item: LineageItem): LineageUse {
  const { kind, name, version = "", uri, details = {} } = item;
  const told = { ...details, ...(uri === undefined ? {} : { uri }) };
  return checkUse({ direction, kind, name, version: String(version), details: told });
}
