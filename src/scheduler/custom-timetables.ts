/**
 * Schedules that only their own language can tell. The loop never waits for them: a question is asked when the
 * Dag's next run is wanted, and the answer comes into the loop like a due date.
 */
import type { DagSpec } from "../core/dag-model.ts";
import { customOf } from "../core/timetable/custom.ts";
import { instantFromIso } from "../core/timetable/next-run.ts";
import type { Interval, NextRun } from "../core/timetable/timetable.ts";
import { TradewindError } from "../errors.ts";
import type { TimetableAnswer, TimetableAnswers, TimetableQuestion } from "../executor/timetable-host.ts";
import { putWarningsOf } from "../store/dags.ts";
import type { LeasedDag } from "./memory.ts";
import type { Schedule } from "./schedule.ts";
import type { Services } from "./services.ts";
import type { DagVersion } from "./versions.ts";
import { codeOf } from "./workload.ts";

/** A timetable that failed is asked again after this long; an edited file asks at once. */
const againMs = 60_000;
const warningKind = "timetable error";

const iso = (instant: number): string => new Date(instant).toISOString();

export class CustomTimetables {
  readonly #services: Services;

  constructor(services: Services) {
    this.#services = services;
  }

  /** Asks for the run after `schedule.last`; `known` is called with it, unless the schedule moved on meanwhile. */
  watch(lease: LeasedDag, schedule: Schedule, known: (next: NextRun | null) => void): void {
    const serial = ++schedule.serial;
    void this.#watch(lease, schedule, known, () => schedule.serial === serial && lease.schedule === schedule);
  }

  async #watch(
    lease: LeasedDag,
    schedule: Schedule,
    known: (next: NextRun | null) => void,
    current: () => boolean,
  ): Promise<void> {
    const { engine, clock, log } = this.#services;
    const { dagId } = lease;
    try {
      const next = await this.#next(lease, schedule);
      if (!current()) return;
      known(next);
      await this.#warn(dagId, []);
    } catch (error) {
      if (!current()) return;
      log.error({ err: error, dagId }, "the timetable of a Dag gave no next run");
      engine.timers.at(clock.now() + againMs, () => {
        if (current()) this.watch(lease, schedule, known);
      });
      await this.#warn(dagId, [(error as Error).message]);
    }
  }

  async #next(lease: LeasedDag, schedule: Schedule): Promise<NextRun | null> {
    const { last, start, end, catchup } = schedule;
    if (lease.currentVersionId === null) return null;
    const version = await this.#services.versions.get(lease.currentVersionId);
    const answer = await this.ask(version, {
      ask: "next",
      last: last === null ? null : { start: iso(last.start), end: iso(last.end) },
      start: start === null ? null : iso(start),
      end: end === null ? null : iso(end),
      catchup,
    });
    return answer === null ? null : nextRunOf(answer);
  }

  /** Interval (and name, where the timetable gives one) of a run that somebody starts by hand. */
  async manual(
    version: DagVersion,
    logicalDate: number,
  ): Promise<{ dataInterval: Interval; runId?: string }> {
    const answer = await this.ask(version, { ask: "manual", runAfter: iso(logicalDate) });
    if (answer === null) return { dataInterval: { start: logicalDate, end: logicalDate } };
    const { dataInterval, runId } = nextRunOf(answer);
    return runId === undefined ? { dataInterval } : { dataInterval, runId };
  }

  /** @throws TradewindError TW_TIMETABLE. */
  async ask<Asked extends TimetableQuestion>(
    version: DagVersion,
    question: Asked,
  ): Promise<TimetableAnswers[Asked["ask"]]> {
    const { timetables, settings } = this.#services;
    const { timetable } = version.compiled.spec;
    const own = customOf(timetable);
    if (own === null || timetables === null)
      throw new TradewindError(
        "TW_TIMETABLE",
        `expected somebody to ask the timetable of ${version.dagId}, got none`,
      );
    return timetables.ask(codeOf(version, settings.versionsFolder), own, question);
  }

  /** What only the timetable as the Dag's file defines it can tell. @throws TradewindError TW_TIMETABLE. */
  async askDag<Asked extends TimetableQuestion>(
    version: DagVersion,
    question: Asked,
  ): Promise<TimetableAnswers[Asked["ask"]]> {
    const { timetables, settings } = this.#services;
    const { dagId } = version;
    if (timetables === null)
      throw new TradewindError(
        "TW_TIMETABLE",
        `expected somebody to ask the timetable of ${dagId}, got none`,
      );
    return timetables.ask(codeOf(version, settings.versionsFolder), { dagId }, question);
  }

  async #warn(dagId: string, messages: readonly string[]): Promise<void> {
    const { database, clock, log } = this.#services;
    try {
      await putWarningsOf(database, dagId, { kind: warningKind, messages }, clock.now());
    } catch (error) {
      log.warn({ err: error, dagId }, "a warning of a Dag could not be written");
    }
  }
}

export function asksItself(spec: Pick<DagSpec, "timetable">): boolean {
  return customOf(spec.timetable) !== null;
}

export function nextRunOf({ runAfter, dataInterval, runId, partitionKey }: TimetableAnswer): NextRun {
  const start = instantFromIso(dataInterval.start);
  return {
    logicalDate: start,
    dataInterval: { start, end: instantFromIso(dataInterval.end) },
    runAfter: instantFromIso(runAfter),
    ...(runId === undefined ? {} : { runId }),
    ...(partitionKey === undefined ? {} : { partitionKey }),
  };
}
