/** What goes over the wire about studies. Names are of Python's style, since Optuna's users read them. */
import { z } from "zod";
import type { Json } from "../../core/dag-model.ts";
import type { StudySpec } from "../../ml/studies/study-spec.ts";
import type { Trial } from "../../ml/studies/trial.ts";

/** A number; what JSON cannot write is "NaN", "Infinity" or "-Infinity". */
export const Value = z.union([z.number(), z.enum(["NaN", "Infinity", "-Infinity"])]);
export const wireValue = (value: number): z.infer<typeof Value> =>
  Number.isFinite(value) ? value : (String(value) as "NaN" | "Infinity" | "-Infinity");

const Choice = z.union([z.string(), z.number(), z.boolean(), z.null()]);
export const Params = z.record(z.string(), Choice);
const Attrs = z.record(z.string(), z.json());
const Kind = z.union([z.string(), z.looseObject({ kind: z.string() })]);

export const NewStudy = z.strictObject({
  name: z.string().min(1).max(500),
  space: z.record(z.string(), z.json()),
  directions: z
    .array(z.enum(["minimize", "maximize"]))
    .min(1)
    .optional(),
  sampler: Kind.optional(),
  pruner: Kind.optional(),
  seed: z.int().optional(),
  n_trials: z.int().optional(),
  trial_timeout: z.number().optional(),
  max_retries: z.int().optional(),
  attrs: Attrs.optional(),
  load_if_exists: z.boolean().default(false),
});

export const StudyOut = z
  .object({
    name: z.string(),
    space: z.json().nullable(),
    directions: z.array(z.string()),
    sampler: z.json(),
    pruner: z.json(),
    seed: z.number(),
    n_trials: z.number().nullable(),
    trial_timeout: z.number().nullable(),
    max_retries: z.number(),
    attrs: Attrs,
  })
  .meta({ id: "Study" });

export function studyOut(spec: StudySpec): z.input<typeof StudyOut> {
  return {
    name: spec.name,
    space: spec.space as unknown as Json,
    directions: [...spec.directions],
    sampler: spec.sampler as unknown as Json,
    pruner: spec.pruner as unknown as Json,
    seed: spec.seed,
    n_trials: spec.nTrials,
    trial_timeout: spec.trialTimeout,
    max_retries: spec.maxRetries,
    attrs: spec.attrs,
  };
}

export const TrialOut = z
  .object({
    number: z.number(),
    state: z.string(),
    params: Params,
    values: z.array(Value).nullable(),
    reports: z.array(z.object({ step: z.number(), value: Value })),
    attrs: Attrs,
    worker: z.string().nullable(),
    error: z.string().nullable(),
    started_at: z.string().nullable(),
    ended_at: z.string().nullable(),
  })
  .meta({ id: "Trial" });

const time = (ms: number | null): string | null => (ms === null ? null : new Date(ms).toISOString());

export function trialOut(trial: Trial): z.input<typeof TrialOut> {
  return {
    number: trial.number,
    state: trial.state,
    params: { ...trial.params },
    values: trial.values === null ? null : trial.values.map(wireValue),
    reports: trial.reports.map(([step, value]) => ({ step, value: wireValue(value) })),
    attrs: trial.attrs,
    worker: trial.worker,
    error: trial.error,
    started_at: time(trial.startedAt),
    ended_at: time(trial.endedAt),
  };
}
