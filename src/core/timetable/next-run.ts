/** The one door to all timetables: from the schedule as data to its answers. */
import { assertNever, TradewindError } from "../../errors.ts";
import type { AssetExpression, DagSpec, TimetableSpec } from "../dag-model.ts";
import { assetOrTime, assetTriggered, partitionTriggered } from "./asset.ts";
import { continuous } from "./continuous.ts";
import { cronDataInterval } from "./cron-data-interval.ts";
import { cronTrigger } from "./cron-trigger.ts";
import { custom } from "./custom.ts";
import { deltaDataInterval } from "./delta-data-interval.ts";
import { deltaTrigger } from "./delta-trigger.ts";
import { events } from "./events.ts";
import { multipleCronTrigger } from "./multiple-cron-trigger.ts";
import { none } from "./none.ts";
import { once } from "./once.ts";
import type { Interval, NextRun, NextRunQuery, Timetable } from "./timetable.ts";

/** Specs are frozen data, so what was parsed once for one is kept as long as it. */
const compiled = new WeakMap<TimetableSpec, Timetable>();

/** Throws TW_CRON_SYNTAX, TW_TIME_ZONE or TW_TIMETABLE when the schedule cannot be read. */
export function timetableOf(spec: TimetableSpec): Timetable {
  let timetable = compiled.get(spec);
  if (timetable === undefined) {
    timetable = compile(spec);
    compiled.set(spec, timetable);
  }
  return timetable;
}

function compile(spec: TimetableSpec): Timetable {
  switch (spec.kind) {
    case "none":
      return none;
    case "once":
      return once;
    case "continuous":
      return continuous;
    case "cron-trigger":
      return cronTrigger(spec);
    case "cron-data-interval":
      return cronDataInterval(spec.cron, spec.timezone);
    case "multiple-cron-trigger":
      return multipleCronTrigger(spec.crons, spec);
    case "delta-trigger":
      return deltaTrigger(spec.delta, spec.interval);
    case "delta-data-interval":
      return deltaDataInterval(spec.delta);
    case "events":
      return events(spec.dates.map(instantFromIso), spec.restrictToEvents, spec.description);
    case "asset":
      return spec.partitioned === true ? partitionTriggered : assetTriggered;
    case "asset-or-time":
      if (assetsOfTimetable(spec.timetable) !== null) {
        throw new TradewindError(
          "TW_TIMETABLE",
          "expected a schedule of time beside the assets, got another one of assets",
        );
      }
      return assetOrTime(timetableOf(spec.timetable));
    case "custom":
      return custom(spec);
    default:
      return assertNever(spec, "timetable");
  }
}

/** The next run by time, or null when there is none (any more); assets start runs besides, see `asset-schedule.ts`. */
export function nextRun(spec: TimetableSpec, query: NextRunQuery): NextRun | null {
  return timetableOf(spec).next(query);
}

/** Data interval of a run started by hand for a logical date; a run without one has no interval either. */
export function manualDataInterval(spec: TimetableSpec, logicalDate: number): Interval {
  return timetableOf(spec).manualDataInterval(logicalDate);
}

/** Throws a `TradewindError` when the schedule cannot be read or, from `now` on, never fires. */
export function validateTimetable(spec: TimetableSpec, now: number): void {
  timetableOf(spec).validate(now);
}

/** The expression over assets that starts runs, or null for a schedule of time alone. */
export function assetsOfTimetable(spec: TimetableSpec): AssetExpression | null {
  return spec.kind === "asset" || spec.kind === "asset-or-time" ? spec.assets : null;
}

/** Whether it takes partitions of its assets, and no events without a key. */
export function isPartitioned(spec: TimetableSpec): boolean {
  return spec.kind === "asset" && spec.partitioned === true;
}

/**
 * Bounds of a Dag's runs: the earliest start date of the Dag and its tasks; and the Dag's end date, or where
 * every task has one of its own the latest of all.
 */
export function timeRestriction(dag: Pick<DagSpec, "startDate" | "endDate" | "tasks" | "catchup">): {
  start: number | null;
  end: number | null;
  catchup: boolean;
} {
  const starts = [dag, ...dag.tasks].flatMap((one) =>
    one.startDate === undefined ? [] : [instantFromIso(one.startDate)],
  );
  const ends = dag.tasks.flatMap((task) =>
    task.endDate === undefined ? [] : [instantFromIso(task.endDate)],
  );
  let end = dag.endDate === undefined ? null : instantFromIso(dag.endDate);
  if (ends.length === dag.tasks.length && ends.length > 0)
    end = Math.max(...ends, end ?? Number.NEGATIVE_INFINITY);
  return { start: starts.length === 0 ? null : Math.min(...starts), end, catchup: dag.catchup };
}

/** Milliseconds since the epoch of an ISO 8601 date with offset; without one it is read as UTC. */
export function instantFromIso(text: string): number {
  const hasZone = /(?:[zZ]|[+-]\d{2}:?\d{2})$/.test(text) || !text.includes("T");
  const instant = Date.parse(hasZone ? text : `${text}Z`);
  if (Number.isNaN(instant))
    throw new TradewindError("TW_TIMETABLE", `expected a date in ISO 8601, got "${text}"`);
  return instant;
}
