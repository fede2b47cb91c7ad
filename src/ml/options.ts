/** Options of models, samplers and searches: defaults, and refusal of what does not exist. */
import { TradewindError } from "../errors.ts";

export type Params = Readonly<Record<string, unknown>>;

/** Defaults filled in; an option that does not exist is refused with the ones that do (`TW_ML_PARAM`). */
export function completeOptions<T extends object>(kind: string, defaults: T, given: Partial<T>): Readonly<T> {
  for (const name of Object.keys(given)) {
    if (Object.hasOwn(defaults, name)) continue;
    throw new TradewindError("TW_ML_PARAM", `${kind} has no option "${name}"`, {
      hint: `Its options are ${Object.keys(defaults).join(", ")}.`,
    });
  }
  const defined = Object.entries(given).filter(([, value]) => value !== undefined);
  return Object.freeze({ ...defaults, ...Object.fromEntries(defined) });
}

/** Refuses an option outside its range. */
export function checkOption(
  kind: string,
  name: string,
  value: unknown,
  valid: boolean,
  expected: string,
): void {
  if (valid) return;
  throw new TradewindError(
    "TW_ML_PARAM",
    `${kind}: expected ${name} to be ${expected}, got ${String(value)}`,
  );
}
