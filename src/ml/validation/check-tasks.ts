/** Checks of data, of drift and of how models do, as tasks of a Dag. What they find is kept, and the page shows it. */

import { TradewindError } from "../../errors.ts";
import type { Asset } from "../../sdk/assets.ts";
import { getContext } from "../../sdk/context.ts";
import { SkipException } from "../../sdk/outcomes.ts";
import type { TaskFactory } from "../../sdk/task-factory.ts";
import type { TaskOptions } from "../../sdk/task-options.ts";
import type { TaskScope } from "../../sdk/task-scope.ts";
import type { Table } from "../data/table.ts";
import { type DriftOptions, detectDrift } from "../drift/drift.ts";
import { type DecayOptions, type DecayReport, performanceDecay } from "../drift/performance.ts";
import { type CheckSubject, driftReport, reportCheck, validationReport } from "./report-check.ts";
import { snapshotOf } from "./snapshot.ts";
import { describeFailures, type Suite, validate } from "./suite.ts";

export interface ValidationResult {
  suite: string;
  success: boolean;
  outcome: "passed" | "warned" | "failed";
  failures: string[];
  statistics: { evaluated: number; successful: number; failed: number; warnings: number };
}

export interface ValidationTaskOptions extends TaskOptions, CheckSubject {
  suite: Suite;
  /**
   * What data that does not hold does. "fail": the task fails, without another try. "warn": the log says it. "branch": nothing;
   * the result's `success` decides in `dag.if`. Default "fail".
   */
  onFailure?: "fail" | "warn" | "branch";
}

/**
 * A task that checks a table against a suite; `load` brings the table from the task's inputs.
 *
 * @example
 * const check = validationTask(dag, "check", async ({ file }: { file: string }) => readCsv(file), { suite, onFailure: "branch" });
 * const holds = dag.task("holds", async ({ report }: { report: ValidationResult }) => report.success);
 * dag.if(holds({ report: check({ file: extract() }) })).then(train()).else(quarantine());
 */
export function validationTask<Args extends object | void = void>(
  dag: TaskScope,
  id: string,
  load: (args: Args) => Table | Promise<Table>,
  options: ValidationTaskOptions,
): TaskFactory<Args, ValidationResult> {
  const { suite, onFailure = "fail", ...others } = options;
  const [about, rest] = subjectOf(others);
  const handler = async (args: Args): Promise<ValidationResult> => {
    const table = await load(args);
    const report = validate(table, suite);
    const failures = describeFailures(report);
    await reportCheck({
      ...about,
      kind: "validation",
      name: suite.name,
      datasetDigest: snapshotOf(table).digest,
      report: validationReport(report),
    });
    const { logger } = getContext();
    for (const failure of failures) logger.warn(failure);
    if (!report.success && onFailure === "fail") {
      throw new TradewindError(
        "TW_DATA_QUALITY",
        `suite "${suite.name}": ${report.statistics.failed} of ${report.statistics.evaluated} expectations do not hold: ${failures.join("; ")}`,
      );
    }
    return {
      suite: suite.name,
      success: report.success,
      outcome: report.outcome,
      failures,
      statistics: report.statistics,
    };
  };
  return dag.task(id, handler as never, { retries: 0, ...rest }) as unknown as TaskFactory<
    Args,
    ValidationResult
  >;
}

export interface DriftResult {
  drifted: boolean;
  driftShare: number;
  /** Those that drifted, the share of columns and what they scored. */
  columns: { column: string; test: string; score: number | null; threshold: number; drifted: boolean }[];
}

export interface DriftTaskOptions extends TaskOptions, CheckSubject {
  drift?: DriftOptions;
  /** An asset that gets an event when the data drifted, so that a Dag on it starts: retraining. */
  onDrift?: Asset;
}

/**
 * A task that compares a current table with a reference. With `onDrift` and no drift the task is skipped together with its
 * event, so that what depends on the asset does not start; what is after it in this Dag needs a trigger rule for that.
 */
export function driftTask<Args extends object | void = void>(
  dag: TaskScope,
  id: string,
  load: (args: Args) => { reference: Table; current: Table } | Promise<{ reference: Table; current: Table }>,
  options: DriftTaskOptions = {},
): TaskFactory<Args, DriftResult> {
  const { drift, onDrift, ...others } = options;
  const [about, rest] = subjectOf(others);
  const handler = async (args: Args): Promise<DriftResult> => {
    const { reference, current } = await load(args);
    const report = detectDrift(reference, current, drift);
    await reportCheck({
      ...about,
      kind: "drift",
      name: id,
      datasetDigest: snapshotOf(current).digest,
      report: driftReport(report, drift?.driftShare),
    });
    const columns = report.columns.map(({ column, test, score, threshold, drifted }) => ({
      column,
      test,
      score,
      threshold,
      drifted,
    }));
    const { logger } = getContext();
    logger.info(`${report.driftedColumns} of ${columns.length} columns drifted`);
    return { drifted: report.drifted, driftShare: report.driftShare, columns };
  };
  if (onDrift === undefined)
    return dag.task(id, handler as never, rest) as unknown as TaskFactory<Args, DriftResult>;
  const withEvent = async (args: Args): Promise<DriftResult> => {
    const result = await handler(args);
    if (!result.drifted) throw new SkipException("the data did not drift");
    // What starts the Dag that waits for it says why.
    getContext().outletEvents.of(onDrift).extra = { driftShare: result.driftShare, columns: drifted(result) };
    return result;
  };
  return dag.task(id, withEvent as never, { ...rest, outlets: onDrift }) as unknown as TaskFactory<
    Args,
    DriftResult
  >;
}

export interface DecayTaskOptions extends TaskOptions, CheckSubject, DecayOptions {
  /** What the scores are: "accuracy", "rmse". */
  metric: string;
  /** An asset that gets an event when the model does worse, so that a Dag on it starts: retraining. */
  onDecay?: Asset;
}

/** What `load` brings: the two scores, and of how many predictions with labels the current one is. */
export interface Scores {
  reference: number;
  current: number;
  samples: number;
}

/**
 * A task that compares how a model does on labels that came late with how it did on its reference. With `onDecay` and no
 * decay the task is skipped together with its event.
 */
export function decayTask<Args extends object | void = void>(
  dag: TaskScope,
  id: string,
  load: (args: Args) => Scores | Promise<Scores>,
  options: DecayTaskOptions,
): TaskFactory<Args, DecayReport> {
  const { metric, onDecay, greaterIsBetter = true, tolerance = 0.05, minSamples = 30, ...others } = options;
  const [about, rest] = subjectOf(others);
  const handler = async (args: Args): Promise<DecayReport> => {
    const { reference, current, samples } = await load(args);
    const decay = performanceDecay(reference, current, samples, { greaterIsBetter, tolerance, minSamples });
    const report = { metric, reference, current, samples, tolerance };
    await reportCheck({
      ...about,
      kind: "performance",
      name: id,
      report: { ...report, greater_is_better: greaterIsBetter, min_samples: minSamples },
    });
    getContext().logger.info(`${metric}: ${current} on ${samples} labels, ${reference} on the reference`);
    if (onDecay === undefined) return decay;
    if (decay.decayed !== true) throw new SkipException("the model does as well as before");
    getContext().outletEvents.of(onDecay).extra = { metric, loss: decay.loss };
    return decay;
  };
  const outlets = onDecay === undefined ? {} : { outlets: onDecay };
  return dag.task(id, handler as never, { ...rest, ...outlets }) as unknown as TaskFactory<Args, DecayReport>;
}

/** What the check is about, and the options that a task knows. */
function subjectOf<Options extends CheckSubject>(
  options: Options,
): [CheckSubject, Omit<Options, keyof CheckSubject>] {
  const { dataset, modelName, modelVersion, endpoint, ...rest } = options;
  const about = Object.entries({ dataset, modelName, modelVersion, endpoint });
  return [Object.fromEntries(about.filter(([, value]) => value !== undefined)), rest];
}

const drifted = ({ columns }: DriftResult): string[] =>
  columns.filter((each) => each.drifted).map(({ column }) => column);
