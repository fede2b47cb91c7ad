/** When the next scheduled run of a leased Dag is due. */
import type { AssetExpression, TimetableSpec } from "../core/dag-model.ts";
import { assetsOfTimetable, nextRun, timeRestriction, timetableOf } from "../core/timetable/next-run.ts";
import type { Interval, NextRun } from "../core/timetable/timetable.ts";
import type { DagWrite } from "../store/scheduler-batch-dags.ts";
import type { DagRecord } from "../store/scheduler-load.ts";

export interface Schedule {
  readonly timetable: TimetableSpec;
  readonly start: number | null;
  readonly end: number | null;
  readonly catchup: boolean;
  readonly assets: AssetExpression | null;
  /** Upper bound that the timetable itself sets on active runs. */
  readonly activeRunsLimit: number | null;
  /** Interval of the newest scheduled or backfill run. */
  last: Interval | null;
  next: NextRun | null;
  /** Grows with each change of `next`, so that an older timer knows that it is not meant any more. */
  serial: number;
}

/** Null where time and assets start nothing, without a version. */
export function scheduleOf(record: DagRecord): Schedule | null {
  const { timetable } = record;
  if (timetable === null) return null;
  const { start, end } = timeRestriction({
    tasks: (record.taskDates ?? []) as never,
    catchup: record.catchup ?? false,
    ...(record.startDate === null ? {} : { startDate: record.startDate }),
    ...(record.endDate === null ? {} : { endDate: record.endDate }),
  });
  const { lastIntervalStart, lastIntervalEnd } = record;
  return {
    timetable,
    start,
    end,
    catchup: record.catchup ?? false,
    assets: assetsOfTimetable(timetable),
    activeRunsLimit: timetableOf(timetable).activeRunsLimit,
    last:
      lastIntervalStart === null || lastIntervalEnd === null
        ? null
        : { start: lastIntervalStart, end: lastIntervalEnd },
    next: null,
    serial: 0,
  };
}

/** Asks the timetable for the run after `last`; null for one that `CustomTimetables` asks. */
export function forecast(schedule: Schedule, now: number): NextRun | null {
  const { last, start, end, catchup } = schedule;
  schedule.next = nextRun(schedule.timetable, { last, now, start, end, catchup });
  schedule.serial++;
  return schedule.next;
}

/** What pages show as the next run; nothing is created before `nextCreateAfter`. */
export function forecastColumns(dagId: string, schedule: Schedule | null): DagWrite {
  const next = schedule?.next ?? null;
  return {
    dagId,
    nextDagrun: next?.logicalDate ?? null,
    nextInterval: next?.dataInterval ?? null,
    nextCreateAfter: next?.runAfter ?? null,
    isPaused: null,
  };
}

/**
 * The forecast in the Dag's row where it came due while no scheduler lived and would not be made again: an event.
 * Other timetables find what was missed by themselves, as far as catchup wants it.
 */
export function missedEvent(record: DagRecord, schedule: Schedule | null, now: number): NextRun | null {
  const { nextDagrun, nextIntervalStart, nextIntervalEnd, nextCreateAfter } = record;
  if (schedule?.timetable.kind !== "events" || nextDagrun === null || nextCreateAfter === null) return null;
  if (nextCreateAfter > now || !schedule.timetable.dates.some((date) => Date.parse(date) === nextDagrun))
    return null;
  if (schedule.last !== null && nextDagrun <= schedule.last.end) return null;
  const dataInterval = { start: nextIntervalStart ?? nextDagrun, end: nextIntervalEnd ?? nextDagrun };
  return { logicalDate: nextDagrun, dataInterval, runAfter: nextCreateAfter };
}

/** Whether both start the same runs, so that what was forecast by one holds for the other. */
export function sameSchedule(a: Schedule | null, b: Schedule | null): boolean {
  if (a === null || b === null) return a === b;
  const of = ({ timetable, start, end, catchup }: Schedule): string =>
    JSON.stringify([timetable, start, end, catchup]);
  return of(a) === of(b);
}

/** Whether the row of the Dag says something else than the forecast. */
export function forecastDiffers(record: DagRecord, schedule: Schedule | null): boolean {
  const next = schedule?.next ?? null;
  return (
    record.nextDagrun !== (next?.logicalDate ?? null) ||
    record.nextCreateAfter !== (next?.runAfter ?? null) ||
    record.nextIntervalEnd !== (next?.dataInterval.end ?? null)
  );
}
