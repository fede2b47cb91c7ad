/** Deadlines: a callback when a run is not done in time (Airflow's `DeadlineAlert`). */
import type { DeadlineSpec } from "../core/dag-model.ts";
import { type CallbackLike, isCallbackLike } from "./callbacks.ts";
import type { Duration } from "./duration.ts";
import { checkOptions, option } from "./options.ts";

/** The instant from which a deadline's interval counts. */
export type DeadlineReference = DeadlineSpec["reference"];

/** The instants that a deadline can count from. */
export const DeadlineReference = {
  /** When the run was queued. */
  DAGRUN_QUEUED_AT: { kind: "dagrun-queued-at" },
  /** The run's logical date. */
  DAGRUN_LOGICAL_DATE: { kind: "dagrun-logical-date" },
  /** One instant for all runs. */
  FIXED_DATETIME: (date: Date | string): DeadlineReference => ({
    kind: "fixed",
    date: new Date(date).toISOString(),
  }),
  /** When the run was queued, plus the mean length of the last successful runs. */
  AVERAGE_RUNTIME: (
    options: { readonly maxRuns?: number; readonly minRuns?: number } = {},
  ): DeadlineReference => ({
    kind: "average-runtime",
    maxRuns: options.maxRuns ?? 10,
    minRuns: options.minRuns ?? options.maxRuns ?? 10,
  }),
} as const satisfies Record<string, DeadlineReference | ((...args: never[]) => DeadlineReference)>;

export interface DeadlineOptions {
  readonly reference: DeadlineReference;
  readonly interval: Duration;
  readonly callback: CallbackLike;
  readonly name?: string;
}

/**
 * @example
 * deadline: new DeadlineAlert({
 *   reference: DeadlineReference.DAGRUN_QUEUED_AT,
 *   interval: { minutes: 30 },
 *   callback: (context) => page(`${context.dagId} is late`),
 * })
 */
export class DeadlineAlert {
  readonly options: DeadlineOptions;

  constructor(options: DeadlineOptions) {
    checkOptions(options, deadlineRules, { owner: "a DeadlineAlert" });
    this.options = options;
  }
}

const deadlineRules = {
  reference: option.that(
    "a DeadlineReference",
    (value) => typeof value === "object" && value !== null && "kind" in value,
    { required: true },
  ),
  interval: option.duration({ required: true }),
  callback: option.that("a function, a notifier, or an array of them", isCallbackLike, { required: true }),
  name: option.string(),
};
