/** What every timetable can be asked. Instants are milliseconds since the epoch; `now` is always an argument. */

export interface Interval {
  readonly start: number;
  readonly end: number;
}

/** A run that a timetable asks for. */
export interface NextRun {
  /** Names the run; start of its data interval. */
  readonly logicalDate: number;
  readonly dataInterval: Interval;
  /** The run is not created before this instant. */
  readonly runAfter: number;
  /** Where the timetable names its runs itself. */
  readonly runId?: string;
  readonly partitionKey?: string;
}

export interface NextRunQuery {
  /** Data interval of the newest scheduled or backfill run; null before the first. Manual runs do not count. */
  readonly last: Interval | null;
  readonly now: number;
  /** Earliest and latest date of the Dag (and its tasks); see `timeRestriction`. */
  readonly start: number | null;
  readonly end: number | null;
  readonly catchup: boolean;
}

export interface Timetable {
  /** As Airflow's `timetable_summary`: the cron expression, "@once", "None", "Asset", … */
  readonly summary: string;
  /** Whether it goes on by itself; a backfill needs that. */
  readonly periodic: boolean;
  /** False for schedules that time alone never starts. */
  readonly canBeScheduled: boolean;
  /** Upper bound of the Dag's active runs, or null. */
  readonly activeRunsLimit: number | null;
  /** The run after `last`, or null when there is none (any more). It may lie in the past or the future of `now`. */
  next(query: NextRunQuery): NextRun | null;
  /** Data interval of a run that somebody starts by hand for an instant. */
  manualDataInterval(runAfter: number): Interval;
  /** Throws a `TradewindError` when the schedule can never fire or makes no sense. */
  validate(now: number): void;
}

export function runOver(start: number, end: number): NextRun {
  return { logicalDate: start, dataInterval: { start, end }, runAfter: end };
}

export function runAt(instant: number): NextRun {
  return runOver(instant, instant);
}

export const exactInterval = (instant: number): Interval => ({ start: instant, end: instant });

/** The instants of a schedule that repeats. */
export interface Ticks {
  /** First instant after `current`. */
  next(current: number): number;
  /** Last instant before `current`. */
  previous(current: number): number;
  /** `current` where it is an instant of the schedule, else the next one. */
  alignToNext(current: number): number;
  alignToPrevious(current: number): number;
}

/** Later of two instants of which the second may be missing. */
export function latest(one: number, other: number | null): number {
  return other === null ? one : Math.max(one, other);
}
