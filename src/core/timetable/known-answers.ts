/** What timetables of users ask of the timetables that they are made of: these are evaluated here alone. */
import type { TimetableSpec } from "../dag-model.ts";
import { instantFromIso, manualDataInterval, nextRun } from "./next-run.ts";

/** Instants are ISO 8601 with offset. */
export type KnownQuestion =
  | {
      ask: "next";
      timetable: TimetableSpec;
      last: { start: string; end: string } | null;
      start: string | null;
      end: string | null;
      catchup: boolean;
    }
  | { ask: "manual"; timetable: TimetableSpec; runAfter: string };

export type KnownAnswer = { runAfter: string; start: string; end: string };

/** Null when there is no run (any more). @throws TradewindError for a timetable that makes no sense. */
export function answerKnown(question: KnownQuestion, now: number): KnownAnswer | null {
  if (question.ask === "manual") {
    const { start, end } = manualDataInterval(question.timetable, instantFromIso(question.runAfter));
    return { runAfter: question.runAfter, start: iso(start), end: iso(end) };
  }
  const { timetable, last, start, end, catchup } = question;
  const run = nextRun(timetable, {
    last: last === null ? null : { start: instantFromIso(last.start), end: instantFromIso(last.end) },
    start: start === null ? null : instantFromIso(start),
    end: end === null ? null : instantFromIso(end),
    catchup,
    now,
  });
  if (run === null) return null;
  const { runAfter, dataInterval } = run;
  return { runAfter: iso(runAfter), start: iso(dataInterval.start), end: iso(dataInterval.end) };
}

const iso = (instant: number): string => new Date(instant).toISOString();
