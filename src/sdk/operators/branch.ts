/** Operators that decide which tasks after them run. */
import type { TaskContext } from "../context.ts";
import { defineOperator } from "../operator.ts";
import { option } from "../options.ts";
import { BranchResult } from "../outcomes.ts";
import { TemplateDate } from "../template-date.ts";
import { downstreamOf, follow } from "./branch-choice.ts";
import { isTimeOfDay, timeOfDayOn } from "./time-of-day.ts";
import { isWeekday, type Weekdays, weekdayRule } from "./weekday.ts";

export interface BranchOptions {
  /** Gives the ids of the tasks or groups to run, or null for none. */
  readonly choose: (
    context: TaskContext,
  ) => string | readonly string[] | null | undefined | Promise<string | readonly string[] | null | undefined>;
}

/** Runs of the tasks directly after it those that a function names (Airflow's BranchPythonOperator). */
export const BranchOperator = defineOperator<BranchOptions, string | string[]>({
  name: "BranchOperator",
  options: { choose: option.function({ required: true }) },
  branch: true,
  uiColor: "#efeae0",
  execute: async ({ choose }, context) => follow(await choose(context), context) as never,
});

export interface ShortCircuitOperatorOptions {
  /** Something falsy skips what comes after. */
  readonly condition: (context: TaskContext) => unknown;
  /** Skip everything downstream (the default), or only what is directly after. */
  readonly ignoreDownstreamTriggerRules?: boolean;
}

/** Goes on only when a condition holds (Airflow's ShortCircuitOperator). */
export const ShortCircuitOperator = defineOperator<ShortCircuitOperatorOptions, unknown>({
  name: "ShortCircuitOperator",
  options: { condition: option.function({ required: true }), ignoreDownstreamTriggerRules: option.boolean() },
  branch: true,
  uiColor: "#f3e9dc",
  async execute({ condition, ignoreDownstreamTriggerRules = true }, context) {
    const result = await condition(context);
    if (isTruthy(result)) return result;
    context.logger.info("the condition does not hold: what comes after is skipped");
    return ignoreDownstreamTriggerRules
      ? BranchResult.skipAll(result)
      : BranchResult.skip(downstreamOf(context.taskId, context.dag), result);
  },
});

/** As Python sees it, so that a Dag carried over decides the same: an empty list or object is false. */
function isTruthy(value: unknown): boolean {
  if (Array.isArray(value)) return value.length > 0;
  if (value !== null && typeof value === "object" && Object.getPrototypeOf(value) === Object.prototype) {
    return Object.keys(value).length > 0;
  }
  return Boolean(value);
}

/** Runs what comes directly after it only in the newest run of its schedule (Airflow's LatestOnlyOperator). */
export const LatestOnlyOperator = defineOperator<object, undefined>({
  name: "LatestOnlyOperator",
  options: {},
  branch: true,
  uiColor: "#e9ffdb",
  async execute(_, context) {
    const after = downstreamOf(context.taskId, context.dag);
    if (context.dagRun.runType !== "scheduled" && context.dagRun.runType !== "backfill")
      return BranchResult.follow(after) as never;
    const latest = await isLatest(context);
    context.logger.info(
      latest ? "this is the latest run" : "this is not the latest run: what comes after is skipped",
    );
    return (latest ? BranchResult.follow(after) : BranchResult.skip(after)) as never;
  },
});

/** Whether the run after this one is not due yet. */
async function isLatest(context: TaskContext): Promise<boolean> {
  const { dataIntervalStart, dataIntervalEnd } = context.dagRun;
  if (dataIntervalStart === null || dataIntervalEnd === null) return true;
  const { timetableOf } = await import("../../core/timetable/next-run.ts");
  const next = timetableOf(context.dag.timetable).next({
    last: { start: dataIntervalStart.getTime(), end: dataIntervalEnd.getTime() },
    now: context.now().getTime(),
    start: null,
    end: null,
    // Without it the timetable leaves out what is past, and every run would look like the latest.
    catchup: true,
  });
  return next === null || context.now().getTime() < next.runAfter;
}

export interface BranchDateTimeOptions {
  readonly followTaskIdsIfTrue: string | readonly string[];
  readonly followTaskIdsIfFalse: string | readonly string[];
  /** A date (ISO 8601), or a time of day "HH:MM[:SS]" in the Dag's time zone; null for no bound. */
  readonly targetLower: Date | string | null;
  readonly targetUpper: Date | string | null;
  /** Compare the logical date instead of the time of execution. Default false. */
  readonly useTaskLogicalDate?: boolean;
}

const taskIds = option.that(
  "a task id or an array of them",
  (value) => [value].flat().every((id) => typeof id === "string"),
  { required: true },
);
const bound = option.that(
  'a date, a time of day such as "10:30", or null',
  (value) =>
    value === null ||
    value instanceof Date ||
    (typeof value === "string" && (isTimeOfDay(value) || !Number.isNaN(Date.parse(value)))),
  { required: true },
);

/** Chooses by whether now lies between two dates or times of day (Airflow's BranchDateTimeOperator). */
export const BranchDateTimeOperator = defineOperator<BranchDateTimeOptions, string | string[]>({
  name: "BranchDateTimeOperator",
  options: {
    followTaskIdsIfTrue: taskIds,
    followTaskIdsIfFalse: taskIds,
    targetLower: bound,
    targetUpper: bound,
    useTaskLogicalDate: option.boolean(),
  },
  branch: true,
  validate: ({ targetLower, targetUpper }) =>
    targetLower === null && targetUpper === null
      ? "expected targetLower or targetUpper, both are null"
      : undefined,
  execute(options, context) {
    const zone = context.dag.timezone;
    const at = new TemplateDate(
      (options.useTaskLogicalDate ? context.logicalDate : context.now()).getTime(),
      zone,
    );
    const lower = boundAt(options.targetLower, at, zone);
    let upper = boundAt(options.targetUpper, at, zone);
    // "22:00" to "06:00" goes over midnight.
    const overMidnight = lower !== null && upper !== null && upper < lower && bothTimes(options);
    if (overMidnight && upper !== null) upper = new TemplateDate(upper, zone).add({ days: 1 }).ms;
    const inside = (lower === null || at.ms >= lower) && (upper === null || at.ms <= upper);
    return follow(inside ? options.followTaskIdsIfTrue : options.followTaskIdsIfFalse, context) as never;
  },
});

function bothTimes({ targetLower, targetUpper }: BranchDateTimeOptions): boolean {
  return [targetLower, targetUpper].every((value) => typeof value === "string" && isTimeOfDay(value));
}

function boundAt(value: Date | string | null, at: TemplateDate, zone: string): number | null {
  if (value === null) return null;
  if (value instanceof Date) return value.getTime();
  return isTimeOfDay(value) ? timeOfDayOn(at, value).ms : TemplateDate.parse(value, zone).ms;
}

export interface BranchDayOfWeekOptions {
  readonly followTaskIdsIfTrue: string | readonly string[];
  readonly followTaskIdsIfFalse: string | readonly string[];
  /** "Monday", "MONDAY", or several. */
  readonly weekDay: Weekdays;
  readonly useTaskLogicalDate?: boolean;
}

/** Chooses by the day of the week (Airflow's BranchDayOfWeekOperator). */
export const BranchDayOfWeekOperator = defineOperator<BranchDayOfWeekOptions, string | string[]>({
  name: "BranchDayOfWeekOperator",
  options: {
    followTaskIdsIfTrue: taskIds,
    followTaskIdsIfFalse: taskIds,
    weekDay: weekdayRule,
    useTaskLogicalDate: option.boolean(),
  },
  branch: true,
  execute(options, context) {
    const at = options.useTaskLogicalDate ? context.logicalDate : context.now();
    const inside = isWeekday(options.weekDay, at, context.dag.timezone);
    return follow(inside ? options.followTaskIdsIfTrue : options.followTaskIdsIfFalse, context) as never;
  },
});
