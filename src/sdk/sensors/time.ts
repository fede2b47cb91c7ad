/** Sensors that wait for a time. */
import type { TaskContext } from "../context.ts";
import { type Duration, toSeconds } from "../duration.ts";
import { defineOperator, defineSensor, type SensorOptions } from "../operator.ts";
import { isTimeOfDay, timeOfDayOn } from "../operators/time-of-day.ts";
import { isWeekday, type Weekdays, weekdayRule } from "../operators/weekday.ts";
import { option } from "../options.ts";
import { defer } from "../outcomes.ts";
import { TemplateDate } from "../template-date.ts";
import { DateTimeTrigger } from "../triggers/time.ts";

interface Deferrable {
  /** Waits without a slot. Default false. */
  readonly deferrable?: boolean;
}

/** Defers until an instant, when told to and when it is not past. */
function deferUntil(at: number, options: Deferrable & SensorOptions, context: TaskContext): void {
  if (!options.deferrable || at <= context.now().getTime()) return;
  defer(DateTimeTrigger({ moment: new Date(at).toISOString() }), {
    timeout: toSeconds(options.timeout ?? 604_800),
  });
}

const resume = { executeComplete: () => undefined };

export interface DateTimeSensorOptions extends Deferrable {
  /** Goes on at or after it; a template or ISO 8601 text, in UTC where it names no zone. */
  readonly targetTime: Date | string;
}

/** Waits until a date (Airflow's DateTimeSensor and, with `deferrable`, DateTimeSensorAsync). */
export const DateTimeSensor = defineSensor<DateTimeSensorOptions, undefined>({
  name: "DateTimeSensor",
  options: { targetTime: option.date({ required: true }), deferrable: option.boolean() },
  templateFields: ["targetTime"],
  start: (options, context) => deferUntil(targetOf(options), options, context),
  resume,
  poke: (options, context) => context.now().getTime() >= targetOf(options),
});

function targetOf({ targetTime }: DateTimeSensorOptions): number {
  return targetTime instanceof Date ? targetTime.getTime() : TemplateDate.parse(targetTime).ms;
}

export interface TimeSensorOptions extends Deferrable {
  /** "HH:MM" or "HH:MM:SS" in the Dag's time zone. */
  readonly targetTime: string;
}

/** Waits until a time of day (Airflow's TimeSensor). */
export const TimeSensor = defineSensor<TimeSensorOptions, undefined>({
  name: "TimeSensor",
  options: {
    targetTime: option.that(
      'a time of day such as "10:30"',
      (value) => typeof value === "string" && isTimeOfDay(value),
      { required: true },
    ),
    deferrable: option.boolean(),
  },
  start: (options, context) => deferUntil(todayAt(options, context), options, context),
  resume,
  poke: (options, context) => context.now().getTime() >= todayAt(options, context),
});

/** On the day of the first look, so that a wait over midnight does not begin again. */
function todayAt({ targetTime }: TimeSensorOptions, context: TaskContext): number {
  return timeOfDayOn(new TemplateDate(context.firstStart.getTime(), context.dag.timezone), targetTime).ms;
}

export interface TimeDeltaSensorOptions extends Deferrable {
  /** Counted from the end of the run's data interval. */
  readonly delta: Duration;
}

/** Waits until some time after the end of the data interval (Airflow's TimeDeltaSensor). */
export const TimeDeltaSensor = defineSensor<TimeDeltaSensorOptions, undefined>({
  name: "TimeDeltaSensor",
  options: { delta: option.duration({ required: true }), deferrable: option.boolean() },
  start: (options, context) => deferUntil(afterInterval(options, context), options, context),
  resume,
  poke: (options, context) => context.now().getTime() >= afterInterval(options, context),
});

function afterInterval({ delta }: TimeDeltaSensorOptions, context: TaskContext): number {
  const { dataIntervalEnd, runAfter } = context.dagRun;
  return (dataIntervalEnd ?? runAfter).getTime() + toSeconds(delta) * 1000;
}

export interface WaitSensorOptions extends Deferrable {
  /** Minutes as a number, as Airflow has it, or any other duration. */
  readonly timeToWait: Duration;
}

/** Waits for some time from its start (Airflow's WaitSensor). */
export const WaitSensor = defineSensor<WaitSensorOptions, undefined>({
  name: "WaitSensor",
  options: { timeToWait: option.duration({ required: true }), deferrable: option.boolean() },
  start: (options, context) => deferUntil(waitedUntil(options, context), options, context),
  resume,
  poke: (options, context) => context.now().getTime() >= waitedUntil(options, context),
});

function waitedUntil({ timeToWait }: WaitSensorOptions, context: TaskContext): number {
  const seconds = typeof timeToWait === "number" ? timeToWait * 60 : toSeconds(timeToWait);
  return context.firstStart.getTime() + seconds * 1000;
}

export interface DayOfWeekSensorOptions {
  /** "Monday", or several. */
  readonly weekDay: Weekdays;
  /** Look at the logical date instead of today. Default false. */
  readonly useTaskLogicalDate?: boolean;
}

/** Waits until a day of the week, in the Dag's time zone (Airflow's DayOfWeekSensor). */
export const DayOfWeekSensor = defineSensor<DayOfWeekSensorOptions, undefined>({
  name: "DayOfWeekSensor",
  options: { weekDay: weekdayRule, useTaskLogicalDate: option.boolean() },
  poke: ({ weekDay, useTaskLogicalDate }, context) =>
    isWeekday(weekDay, useTaskLogicalDate ? context.logicalDate : context.now(), context.dag.timezone),
});

export interface DateTimeOperatorOptions {
  readonly targetTime: Date | string;
}

/** Waits until a date in the triggerer from the start, as DateTimeSensorAsync does. */
export const DateTimeSensorAsync = defineOperator<DateTimeOperatorOptions, undefined>({
  name: "DateTimeSensorAsync",
  options: { targetTime: option.date({ required: true }) },
  templateFields: ["targetTime"],
  execute(options, context) {
    deferUntil(targetOf(options), { deferrable: true }, context);
    return undefined;
  },
  resume,
});
