/** Watching a model that serves, as a task: does what it is asked drift, do its answers, does it do worse than it did? */
import { TradewindError } from "../../errors.ts";
import type { Asset } from "../../sdk/assets.ts";
import { getContext } from "../../sdk/context.ts";
import { SkipException } from "../../sdk/outcomes.ts";
import type { TaskFactory } from "../../sdk/task-factory.ts";
import type { TaskOptions } from "../../sdk/task-options.ts";
import type { TaskScope } from "../../sdk/task-scope.ts";
import { cellsOf, type Table } from "../data/table.ts";
import { type DriftOptions, detectDrift } from "../drift/drift.ts";
import { type DecayOptions, type DecayReport, joinLabels, performanceDecay } from "../drift/performance.ts";
import { driftBySegment, type SegmentDrift } from "../drift/segments.ts";
import { TrackingClient } from "../tracking/client.ts";
import { type CheckSubject, driftReport, reportCheck } from "../validation/report-check.ts";
import { requestFilesOf } from "./request-files.ts";
import { readRequestLog } from "./request-log-reading.ts";

export interface DecayCheck extends DecayOptions {
  /** Labels that came since, with the key that joins them: `request_id`, or a feature. */
  labels: () => Table | Promise<Table>;
  /** Default "request_id". */
  key?: string;
  /** The labels' column. */
  label: string;
  /** Of truth and predictions. */
  score: (truth: readonly unknown[], predictions: readonly unknown[]) => number;
  /** The score when the model was let through. */
  reference: number;
}

export interface MonitorTaskOptions extends TaskOptions {
  /** Whose request log is read. */
  endpoint?: string;
  /** What is watched instead: outputs of batches, a table of one's own. With a column `prediction`, that drifts too. */
  current?: () => Table | Promise<Table>;
  /** What was there when the model was trained. Columns that both have are compared. */
  reference: () => Table | Promise<Table>;
  /** How far back the request log is read. Default 24. */
  hours?: number;
  /** Only what this variant answered. */
  variant?: string;
  /** Fewer rows say nothing. Default 100. */
  minRows?: number;
  drift?: DriftOptions;
  /** A column: drift within each of its values as well. */
  segment?: string;
  decay?: DecayCheck;
  /** An asset that gets an event when something is wrong, so that a Dag on it starts: retraining. */
  onAlarm?: Asset;
}

export interface MonitorResult {
  alarm: boolean;
  reason: string;
  rows: number;
  drifted: boolean;
  driftShare: number | null;
  driftedColumns: string[];
  /** Whether the answers drift; null where there are none to compare. */
  predictionDrift: boolean | null;
  /** Null where no segment was asked for. */
  segments: SegmentDrift[] | null;
  decay: ToldDecay | null;
}

/** As a result can hold it: what is no number is null. */
export interface ToldDecay extends Omit<DecayReport, "current" | "loss"> {
  current: number | null;
  loss: number | null;
}

/**
 * A task that compares what was asked lately with a reference, and the answers with labels that came since. With
 * `onAlarm` and nothing wrong the task is skipped together with its event, as `driftTask` is.
 *
 * @example
 * monitorTask(dag, "monitor", { endpoint: "churn", reference: () => readParquet("training.parquet"), onAlarm: churnDrifted })();
 */
export function monitorTask(
  dag: TaskScope,
  id: string,
  options: MonitorTaskOptions,
): TaskFactory<void, MonitorResult> {
  const {
    endpoint,
    current,
    reference,
    hours = 24,
    variant,
    minRows = 100,
    drift,
    segment,
    decay,
    onAlarm,
    ...rest
  } = options;
  if (endpoint === undefined && current === undefined)
    throw new TradewindError(
      "TW_OPTION_MISSING",
      `monitorTask "${id}" needs \`endpoint\` or \`current\`: what it watches`,
    );
  const look = async (): Promise<MonitorResult> => {
    const table = await (current ?? (() => requestsOf({ endpoint: endpoint ?? "", hours, variant })))();
    const about = { name: id, ...(endpoint === undefined ? {} : { endpoint }) };
    const result = await watch(table, { reference, minRows, drift, segment, decay, about });
    getContext().logger.info(result.reason, { rows: result.rows, driftShare: result.driftShare });
    return result;
  };
  if (onAlarm === undefined) return dag.task(id, look, rest);
  return dag.task(
    id,
    async () => {
      const result = await look();
      if (!result.alarm) throw new SkipException(result.reason);
      const { reason, driftShare, driftedColumns } = result;
      // What starts the Dag that waits for it says why.
      getContext().outletEvents.of(onAlarm).extra = { reason, driftShare, columns: driftedColumns };
      return result;
    },
    { ...rest, outlets: onAlarm },
  );
}

/** As the report of a check has it. */
function scoresOf(check: DecayCheck, report: DecayReport): object {
  const { reference, current, samples } = told(report);
  const { greaterIsBetter = true, tolerance = 0.05, minSamples = 30 } = check;
  const rule = { greater_is_better: greaterIsBetter, tolerance, min_samples: minSamples };
  return { metric: "score", reference, current, samples, ...rule };
}

interface Watched extends Pick<MonitorTaskOptions, "reference"> {
  readonly minRows: number;
  readonly drift: DriftOptions | undefined;
  readonly segment: string | undefined;
  readonly decay: DecayCheck | undefined;
  readonly about: CheckSubject & { readonly name: string };
}

async function watch(current: Table, options: Watched): Promise<MonitorResult> {
  const { minRows, drift, segment, decay, about } = options;
  const none = { alarm: false, rows: current.rows, drifted: false, driftShare: null, driftedColumns: [] };
  if (current.rows < minRows) {
    const reason = `${current.rows} of ${minRows} rows: too few to say anything`;
    return { ...none, reason, predictionDrift: null, segments: null, decay: null };
  }
  const reference = await options.reference();
  const columns = drift?.columns ?? reference.names.filter((name) => current.names.includes(name));
  const report = detectDrift(reference, current, { ...drift, columns });
  await reportCheck({ ...about, kind: "drift", report: driftReport(report, drift?.driftShare) });
  const driftedColumns = report.columns.filter(({ drifted }) => drifted).map(({ column }) => column);
  const answers = report.columns.find(({ column }) => column === "prediction");
  const decayed = decay === undefined ? null : await decayOf(current, decay);
  if (decay !== undefined && decayed !== null)
    await reportCheck({ ...about, kind: "performance", report: scoresOf(decay, decayed) });
  const segments =
    segment === undefined ? null : driftBySegment(reference, current, segment, { ...drift, columns });
  const moved = segments?.filter((one) => one.drifted).map((one) => one.segment) ?? [];
  const reasons = [
    ...(report.drifted
      ? [`${driftedColumns.length} of ${columns.length} columns drifted: ${driftedColumns.join(", ")}`]
      : []),
    ...(moved.length > 0 ? [`drifted where ${segment} is ${moved.join(", ")}`] : []),
    ...(decayed?.decayed === true ? [`the score fell from ${decayed.reference} to ${decayed.current}`] : []),
  ];
  return {
    alarm: reasons.length > 0,
    reason: reasons.length > 0 ? reasons.join("; ") : `nothing is wrong with ${current.rows} rows`,
    rows: current.rows,
    drifted: report.drifted,
    driftShare: report.driftShare,
    driftedColumns,
    predictionDrift: answers?.drifted ?? null,
    segments,
    decay: decayed === null ? null : told(decayed),
  };
}

function told(report: DecayReport): ToldDecay {
  const number = (value: number): number | null => (Number.isFinite(value) ? value : null);
  return { ...report, current: number(report.current), loss: number(report.loss) };
}

function requestsOf({
  endpoint,
  hours,
  variant,
}: {
  endpoint: string;
  hours: number;
  variant: string | undefined;
}): Promise<Table> {
  const until = getContext().now().getTime();
  const window = { since: until - hours * 3_600_000, until, ...(variant === undefined ? {} : { variant }) };
  return readRequestLog(requestFilesOf(new TrackingClient()), endpoint, window);
}

async function decayOf(
  current: Table,
  { key = "request_id", label, labels, score, reference, ...options }: DecayCheck,
) {
  const { table } = joinLabels(current, await labels(), { key, label });
  const truth = table.rows === 0 ? [] : cellsOf(table.column(label));
  const predictions = table.rows === 0 ? [] : cellsOf(table.column("prediction"));
  const now = table.rows === 0 ? Number.NaN : score(truth, predictions);
  return performanceDecay(reference, now, table.rows, options);
}
