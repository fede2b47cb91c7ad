/** When a Dag runs: constructors for every timetable, and what a `schedule` option may be. */
import type { DeltaSpec, TimetableSpec } from "../core/dag-model.ts";
import { TradewindError } from "../errors.ts";
import { AssetAll, type AssetLike, assetExpression, isAssetLike } from "./assets.ts";
import { callSite } from "./call-site.ts";
import { type Duration, parseDuration, toSeconds } from "./duration.ts";
import { isPlainObject, show } from "./options.ts";

/** A timetable whose zone may still come from its Dag. */
export interface Timetable {
  readonly timetable: (timezone: string) => TimetableSpec;
  /** Assets that the schedule names, so that the Dag can define them. */
  readonly assets?: AssetLike;
}

/**
 * What `schedule` takes: null, a cron expression or a preset ("@daily"; Airflow 3 makes both cron triggers), a
 * step of time, a timetable, an asset, an array of assets (all of them), or an asset expression.
 */
export type Schedule = null | string | Delta | Timetable | AssetLike | readonly AssetLike[];

/** A step of time in calendar fields, as dateutil's relativedelta. */
export type Delta = Exclude<DeltaSpec, number>;

export interface CronTriggerOptions {
  /** Default: the Dag's. */
  readonly timezone?: string;
  /** Length of the data interval before the run. Default 0: empty. */
  readonly interval?: Duration;
  /** Whether a new Dag runs for the last past time: true, false, or how long ago that may be. */
  readonly runImmediately?: boolean | Duration;
}

/**
 * Runs at each time of the cron expression; the logical date is that time.
 * @example cronTrigger("0 6 * * 1-5", { timezone: "Europe/Berlin" })
 */
export function cronTrigger(cron: string, options: CronTriggerOptions = {}): Timetable {
  return {
    timetable: (timezone) => ({
      kind: "cron-trigger",
      cron,
      timezone: options.timezone ?? timezone,
      ...triggerOptions(options),
    }),
  };
}

/** Runs at the end of each interval between two times; the logical date is the interval's start (Airflow 2). */
export function cronDataInterval(cron: string, options: { readonly timezone?: string } = {}): Timetable {
  return {
    timetable: (timezone) => ({ kind: "cron-data-interval", cron, timezone: options.timezone ?? timezone }),
  };
}

/** Runs at the times of several cron expressions. */
export function multipleCronTrigger(crons: readonly string[], options: CronTriggerOptions = {}): Timetable {
  return {
    timetable: (timezone) => ({
      kind: "multiple-cron-trigger",
      crons: [...crons],
      timezone: options.timezone ?? timezone,
      ...triggerOptions(options),
    }),
  };
}

function triggerOptions({ interval, runImmediately }: CronTriggerOptions): {
  interval?: number;
  runImmediately?: boolean | number;
} {
  return {
    ...(interval === undefined ? {} : { interval: seconds(interval) }),
    ...(runImmediately === undefined
      ? {}
      : { runImmediately: typeof runImmediately === "boolean" ? runImmediately : seconds(runImmediately) }),
  };
}

/** Runs every `delta` from the start date. @example deltaTrigger({ hours: 6 }) */
export function deltaTrigger(
  delta: Duration | Delta,
  options: { readonly interval?: Duration } = {},
): Timetable {
  const step = deltaSpec(delta);
  return {
    timetable: () => ({
      kind: "delta-trigger",
      delta: step,
      ...(options.interval === undefined ? {} : { interval: seconds(options.interval) }),
    }),
  };
}

/** Runs at the end of each interval of length `delta`; the logical date is its start. */
export function deltaDataInterval(delta: Duration | Delta): Timetable {
  const step = deltaSpec(delta);
  return { timetable: () => ({ kind: "delta-data-interval", delta: step }) };
}

export interface EventsOptions {
  /** Whether a manual run takes the event before it as its date. Default false. */
  readonly restrictToEvents?: boolean;
  readonly description?: string;
}

/** Runs at the given instants and never else. @example events(["2026-12-24T18:00:00Z"]) */
export function events(dates: readonly (Date | string)[], options: EventsOptions = {}): Timetable {
  const instants = dates.map((date) => (typeof date === "string" ? new Date(date) : date));
  if (instants.length === 0) throw invalid("events() needs at least one date, else it never fires");
  const wrong = instants.findIndex((date) => Number.isNaN(date.getTime()));
  if (wrong >= 0) throw invalid(`events() takes dates, not ${show(dates[wrong])}`);
  const sorted = instants.map((date) => date.toISOString()).sort();
  return {
    timetable: () => ({
      kind: "events",
      dates: sorted,
      restrictToEvents: options.restrictToEvents ?? false,
      ...(options.description === undefined ? {} : { description: options.description }),
    }),
  };
}

/** Runs by the timetable, and also whenever the assets say so (Airflow's `AssetOrTimeSchedule`). */
export function assetOrTime(timetable: Schedule, assets: AssetLike | readonly AssetLike[]): Timetable {
  const time = asTimetable(timetable);
  const all = oneAsset(assets);
  return {
    timetable: (timezone) => ({
      kind: "asset-or-time",
      timetable: time.timetable(timezone),
      assets: assetExpression(all),
    }),
    assets: all,
  };
}

/** Runs once, at the start date or at once. The same as "@once". */
export function once(): Timetable {
  return { timetable: () => ({ kind: "once" }) };
}

/** Starts again as soon as the run before has ended. The same as "@continuous". */
export function continuous(): Timetable {
  return { timetable: () => ({ kind: "continuous" }) };
}

/** Any schedule as a timetable. */
export function asTimetable(schedule: unknown): Timetable {
  if (schedule === null || schedule === undefined) return { timetable: () => ({ kind: "none" }) };
  if (typeof schedule === "string") return fromText(schedule.trim());
  if (isAssetLike(schedule) || Array.isArray(schedule)) {
    const assets = oneAsset(schedule as AssetLike | readonly AssetLike[]);
    return { timetable: () => ({ kind: "asset", assets: assetExpression(assets) }), assets };
  }
  if (isPlainObject(schedule) && typeof schedule["timetable"] === "function")
    return schedule as unknown as Timetable;
  if (isPlainObject(schedule)) return deltaTrigger(schedule as Delta);
  throw invalid(`a schedule cannot be ${show(schedule)}`, `seconds are written { seconds: 30 } or "PT30S"`);
}

function fromText(text: string): Timetable {
  if (text === "@once") return once();
  if (text === "@continuous") return continuous();
  if (text === "" || text === "None")
    throw invalid(`a schedule cannot be ${show(text)}`, "no schedule is written null");
  return text.startsWith("P") && parseDuration(text) !== undefined ? deltaTrigger(text) : cronTrigger(text);
}

function oneAsset(assets: AssetLike | readonly AssetLike[]): AssetLike {
  if (isAssetLike(assets)) return assets;
  const [first] = assets;
  return assets.length === 1 && isAssetLike(first) ? first : new AssetAll(...assets);
}

const deltaFields = ["years", "months", "weeks", "days", "hours", "minutes", "seconds"];

function deltaSpec(delta: Duration | Delta): DeltaSpec {
  if (isPlainObject(delta)) {
    const wrong = Object.entries(delta).find(
      ([name, amount]) =>
        !deltaFields.includes(name) || typeof amount !== "number" || !Number.isFinite(amount),
    );
    if (wrong !== undefined) throw invalid(`a step of time cannot have ${wrong[0]}: ${show(wrong[1])}`);
    const calendar = ["years", "months"].some((name) => name in delta);
    if (calendar) return { ...delta } as DeltaSpec;
  }
  return seconds(delta as Duration);
}

function seconds(duration: Duration): number {
  if (parseDuration(duration) === undefined) throw invalid(`expected a duration, got ${show(duration)}`);
  return toSeconds(duration);
}

function invalid(message: string, hint?: string): TradewindError {
  return new TradewindError("TW_SCHEDULE_INVALID", message, { at: callSite(), hint });
}
