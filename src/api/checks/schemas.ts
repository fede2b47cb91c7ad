/** What goes over the wire about checks. Names are of Python's style; reports of Great Expectations are read as they are. */
import { z } from "zod";
import {
  type ReportedDrift,
  type ReportedExpectation,
  type ReportedPerformance,
  type ReportedValidation,
  summariseDrift,
  summarisePerformance,
  summariseValidation,
} from "../../ml/validation/check-report.ts";
import { type CheckRow, type CheckSummary, checkKinds, checkOutcomes } from "../../store/check-reports.ts";

/** As many as a wide table has columns; a report is read as a whole. */
const most = 10_000;

const Kwargs = z.record(z.string(), z.json());
const Config = z.looseObject({
  type: z.string().optional(),
  /** Great Expectations before 1.0. */
  expectation_type: z.string().optional(),
  kwargs: Kwargs.default({}),
  severity: z.string().nullish(),
});
const ExceptionInfo = z.looseObject({
  raised_exception: z.boolean().optional(),
  exception_message: z.string().nullish(),
});
const ExpectationIn = z.looseObject({
  success: z.boolean(),
  expectation_config: Config,
  exception_info: ExceptionInfo.nullish(),
  result: z.record(z.string(), z.json()).default({}),
});

/** The JSON of Great Expectations' `ExpectationSuiteValidationResult`; what else is in it is left out. */
export const ValidationIn = z
  .looseObject({ results: z.array(ExpectationIn).max(most) })
  .meta({ id: "ValidationReport" });

const Distribution = z.strictObject({
  count: z.int().min(0),
  missing: z.int().min(0).default(0),
  mean: z.number().nullable().default(null),
  bins: z.array(z.strictObject({ label: z.string().max(500), share: z.number().min(0).max(1) })).max(100),
});
const ColumnIn = z.strictObject({
  column: z.string().min(1).max(500),
  kind: z.enum(["num", "cat"]).default("num"),
  test: z.string().min(1).max(100),
  score: z.number().nullable(),
  threshold: z.number(),
  drifted: z.boolean(),
  note: z.string().max(1000).nullable().default(null),
  reference: Distribution.nullable().default(null),
  current: Distribution.nullable().default(null),
});
export const DriftIn = z
  .strictObject({
    columns: z.array(ColumnIn).min(1).max(most),
    drift_share: z.number().min(0).max(1).default(0.5),
  })
  .meta({ id: "DriftReport" });

export const PerformanceIn = z
  .strictObject({
    metric: z.string().min(1).max(250),
    reference: z.number(),
    current: z.number().nullable(),
    greater_is_better: z.boolean().default(true),
    tolerance: z.number().min(0).default(0.05),
    samples: z.int().min(0),
    min_samples: z.int().min(0).default(30),
  })
  .meta({ id: "PerformanceReport" });

const text = z.string().min(1).max(500);
const about = {
  name: z.string().min(1).max(250),
  dataset: z.string().max(500).default(""),
  dataset_digest: text.nullable().default(null),
  model_name: text.nullable().default(null),
  model_version: text.nullable().default(null),
  endpoint: text.nullable().default(null),
};
export const NewCheck = z.discriminatedUnion("kind", [
  z.strictObject({ kind: z.literal("validation"), ...about, report: ValidationIn }),
  z.strictObject({ kind: z.literal("drift"), ...about, report: DriftIn }),
  z.strictObject({ kind: z.literal("performance"), ...about, report: PerformanceIn }),
]);
export type NewCheck = z.output<typeof NewCheck>;

/** The report as it is kept, and what it amounts to. */
export function readReport(check: NewCheck): {
  report: ReportedValidation | ReportedDrift | ReportedPerformance;
  summary: CheckSummary;
} {
  if (check.kind === "drift") return { report: check.report, summary: summariseDrift(check.report) };
  if (check.kind === "performance")
    return { report: check.report, summary: summarisePerformance(check.report) };
  const report = { results: check.report.results.map(expectationOf) };
  return { report, summary: summariseValidation(report) };
}

function expectationOf(one: z.output<typeof ExpectationIn>): ReportedExpectation {
  const { expectation_config: config, exception_info: exception, success, result } = one;
  const { severity } = config;
  return {
    type: config.type ?? config.expectation_type ?? "",
    kwargs: Object.fromEntries(Object.entries(config.kwargs).filter(([name]) => name !== "batch_id")),
    severity: severity === "warning" || severity === "info" ? "warning" : "error",
    success,
    exception: exception?.raised_exception === true ? (exception.exception_message ?? "") : null,
    result,
  };
}

export const CheckOut = z
  .object({
    id: z.number(),
    kind: z.enum(checkKinds),
    name: z.string(),
    dataset: z.string(),
    dataset_digest: z.string().nullable(),
    model_name: z.string().nullable(),
    model_version: z.string().nullable(),
    endpoint: z.string().nullable(),
    created_at: z.string(),
    outcome: z.enum(checkOutcomes),
    /** Share of expectations that do not hold, share of drifted columns, or by how much the score is worse. */
    score: z.number().nullable(),
    threshold: z.number().nullable(),
    checked: z.number(),
    failed: z.number(),
    actor: z.string(),
    dag_id: z.string().nullable(),
    dag_run_id: z.string().nullable(),
    task_id: z.string().nullable(),
    map_index: z.number().nullable(),
    try_number: z.number().nullable(),
  })
  .meta({ id: "Check" });

export const CheckWithReport = CheckOut.extend({ report: z.json() }).meta({ id: "CheckWithReport" });

export function checkOut(row: CheckRow): z.input<typeof CheckOut> {
  return {
    id: row.id,
    kind: row.kind,
    name: row.name,
    dataset: row.dataset,
    dataset_digest: row.datasetDigest,
    model_name: row.modelName,
    model_version: row.modelVersion,
    endpoint: row.endpoint,
    created_at: new Date(row.createdAt).toISOString(),
    outcome: row.outcome,
    score: row.score,
    threshold: row.threshold,
    checked: row.checked,
    failed: row.failed,
    actor: row.actor,
    dag_id: row.dagId,
    dag_run_id: row.dagRunId,
    task_id: row.taskId,
    map_index: row.mapIndex,
    try_number: row.tryNumber,
  };
}
