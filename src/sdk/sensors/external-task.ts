/** Waits for another Dag, and marks what another Dag waits for. */
import { dagRunStates, taskInstanceStates } from "../../core/states.ts";
import { TradewindError } from "../../errors.ts";
import { getClient, type TaskContext } from "../context.ts";
import { type Duration, toSeconds } from "../duration.ts";
import { defineOperator, defineSensor } from "../operator.ts";
import { option } from "../options.ts";
import { defer, SkipException } from "../outcomes.ts";
import { TemplateDate } from "../template-date.ts";
import { ExternalTaskTrigger } from "../triggers/dag-state.ts";
import { decideExternal, type ExternalDecision, type ExternalTasks } from "./external-task-decision.ts";

export interface ExternalTaskSensorOptions {
  readonly externalDagId: string;
  /** One task, several, or a group; without any of the three the run itself. */
  readonly externalTaskId?: string;
  readonly externalTaskIds?: readonly string[];
  readonly externalTaskGroupId?: string;
  /** Default: success. */
  readonly allowedStates?: readonly string[];
  /** States that skip the sensor. Default: none. */
  readonly skippedStates?: readonly string[];
  /** States that fail it. Default: none. */
  readonly failedStates?: readonly string[];
  /** How much earlier the other run's logical date is. Default: the same date. */
  readonly executionDelta?: Duration;
  /** Gives the other run's logical date, or several, instead. */
  readonly executionDateFn?: (logicalDate: Date, context: TaskContext) => Date | readonly Date[];
  /** Fails at once when the other Dag does not exist. Default false. */
  readonly checkExistence?: boolean;
  /** Between two looks of the trigger, with `deferrable`. Default 2 s. */
  readonly pollInterval?: Duration;
  /** Waits without a slot. Default false. */
  readonly deferrable?: boolean;
}

const states = option.that(
  "an array of states",
  (value) =>
    Array.isArray(value) &&
    value.every((state) => ([...taskInstanceStates, ...dagRunStates] as unknown[]).includes(state)),
);

/**
 * Waits for a run, tasks or a group of another Dag at the same logical date (Airflow's ExternalTaskSensor).
 *
 * @example
 * dag.add(new ExternalTaskSensor({ taskId: "wait", externalDagId: "ingest", externalTaskId: "load", mode: "reschedule" }));
 */
export const ExternalTaskSensor = defineSensor<ExternalTaskSensorOptions, undefined>({
  name: "ExternalTaskSensor",
  options: {
    externalDagId: option.nonEmpty({ required: true }),
    externalTaskId: option.nonEmpty(),
    externalTaskIds: option.strings(),
    externalTaskGroupId: option.nonEmpty(),
    allowedStates: states,
    skippedStates: states,
    failedStates: states,
    executionDelta: option.duration(),
    executionDateFn: option.function(),
    checkExistence: option.boolean(),
    pollInterval: option.duration(),
    deferrable: option.boolean(),
  },
  templateFields: ["externalDagId", "externalTaskId", "externalTaskIds", "externalTaskGroupId"],
  uiColor: "#4db7db",
  uiFgcolor: "#ffffff",
  dagDependency: ({ externalDagId, externalTaskId }) => ({
    kind: "sensor",
    dagId: externalDagId,
    ...(externalTaskId === undefined ? {} : { taskId: externalTaskId }),
  }),
  validate: complaint,
  async start(options, context) {
    await checkExistence(options);
    if (!options.deferrable) return;
    const { allowed, failed, skipped, taskIds, ...rest } = wantedOf(options, context);
    const kwargs = {
      ...rest,
      logicalDates: [...rest.logicalDates],
      taskIds: taskIds === null ? null : [...taskIds],
      allowed: [...allowed],
      failed: [...failed],
      skipped: [...skipped],
      pollInterval: toSeconds(options.pollInterval ?? 2),
    };
    defer(ExternalTaskTrigger(kwargs), { timeout: context.task.sensor?.timeout ?? 604_800 });
  },
  resume: {
    executeComplete: (options, _, { event }) => void judge(event as ExternalDecision, options),
  },
  poke: async (options, context) =>
    judge(await decideExternal(wantedOf(options, context), getClient()), options),
});

function complaint(options: ExternalTaskSensorOptions): string | undefined {
  const { externalTaskId, externalTaskIds, externalTaskGroupId, executionDelta, executionDateFn } = options;
  const named = [externalTaskId, externalTaskIds, externalTaskGroupId].filter((value) => value !== undefined);
  if (named.length > 1)
    return "expected one of externalTaskId, externalTaskIds and externalTaskGroupId, got several";
  if (executionDelta !== undefined && executionDateFn !== undefined)
    return "expected executionDelta or executionDateFn, got both";
  const all = [
    options.allowedStates ?? ["success"],
    options.skippedStates ?? [],
    options.failedStates ?? [],
  ].flat();
  const twice = all.find((state, index) => all.indexOf(state) !== index);
  if (twice !== undefined)
    return `expected each state once in allowedStates, skippedStates and failedStates, "${twice}" is there twice`;
  return undefined;
}

async function checkExistence({
  checkExistence: check,
  externalDagId,
}: ExternalTaskSensorOptions): Promise<void> {
  if (!check || (await getClient().getDag(externalDagId)) !== null) return;
  throw new TradewindError("TW_CHECK_FAILED", `expected a Dag "${externalDagId}" to wait for, there is none`);
}

function wantedOf(options: ExternalTaskSensorOptions, context: TaskContext): ExternalTasks {
  const { externalTaskId, externalTaskIds, externalTaskGroupId } = options;
  return {
    dagId: options.externalDagId,
    logicalDates: datesOf(options, context).map((date) => new TemplateDate(date.getTime()).isoformat()),
    taskIds: externalTaskId === undefined ? (externalTaskIds ?? null) : [externalTaskId],
    taskGroupId: externalTaskGroupId ?? null,
    allowed: options.allowedStates ?? ["success"],
    failed: options.failedStates ?? [],
    skipped: options.skippedStates ?? [],
  };
}

function datesOf(
  { executionDelta, executionDateFn }: ExternalTaskSensorOptions,
  context: TaskContext,
): readonly Date[] {
  const { logicalDate } = context;
  if (executionDateFn) return [executionDateFn(logicalDate, context)].flat() as Date[];
  return [
    new Date(logicalDate.getTime() - (executionDelta === undefined ? 0 : toSeconds(executionDelta) * 1000)),
  ];
}

function judge(decision: ExternalDecision, options: ExternalTaskSensorOptions): boolean {
  const what = `${options.externalTaskId ?? options.externalTaskIds?.join(", ") ?? options.externalTaskGroupId ?? "run"} of Dag "${options.externalDagId}"`;
  if (decision === "skipped") throw new SkipException(`${what} is in a state that skips`);
  if (decision === "failed")
    throw new TradewindError(
      "TW_CHECK_FAILED",
      `expected ${what} to end in ${(options.allowedStates ?? ["success"]).join(" or ")}, it is ${(options.failedStates ?? []).join(" or ")}`,
    );
  return decision === "success";
}

export interface ExternalTaskMarkerOptions {
  readonly externalDagId: string;
  readonly externalTaskId: string;
  /** Default: the same logical date. */
  readonly logicalDate?: string;
  /** How many Dags deep a clear follows markers. Default 10. */
  readonly recursionDepth?: number;
}

/** Says that a task of another Dag waits for this one, so that clearing this clears that too. */
export const ExternalTaskMarker = defineOperator<ExternalTaskMarkerOptions, undefined>({
  name: "ExternalTaskMarker",
  options: {
    externalDagId: option.nonEmpty({ required: true }),
    externalTaskId: option.nonEmpty({ required: true }),
    logicalDate: option.string(),
    recursionDepth: option.integer({ min: 1 }),
  },
  templateFields: ["externalDagId", "externalTaskId", "logicalDate"],
  uiColor: "#4db7db",
  dagDependency: ({ externalDagId, externalTaskId }) => ({
    kind: "marker",
    dagId: externalDagId,
    taskId: externalTaskId,
  }),
  execute: () => undefined,
});
