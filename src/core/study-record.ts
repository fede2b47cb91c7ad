/** Trials of a study as JSON, which cannot write every number: NaN and the infinities travel as texts. */
import type { Json } from "./dag-model.ts";

/** The numbers of a trial that may be any. */
interface Measured {
  readonly values: readonly number[] | null;
  readonly reports: readonly (readonly [step: number, value: number])[];
}

const toWire = (value: number): number | string => (Number.isFinite(value) ? value : String(value));

export function trialToJson<T extends Measured>(trial: T): Json {
  const { values, reports } = trial;
  return {
    ...trial,
    values: values === null ? null : values.map(toWire),
    reports: reports.map(([step, value]) => [step, toWire(value)]),
  } as unknown as Json;
}

export function trialFromJson<T extends Measured>(json: Json): T {
  const trial = json as unknown as T;
  return {
    ...trial,
    values: trial.values === null ? null : trial.values.map(Number),
    reports: trial.reports.map(([step, value]) => [step, Number(value)] as const),
  };
}
