/** Running a run once more, and telling whether the same came of it. */
import type { Json } from "./dag-model.ts";

/** In the conf of a run that repeats another: {run_id, logical_date}. */
export const reproducesKey = "tradewind_reproduces";

/**
 * The date that the tasks of a repeated run see. The run itself has none, since a Dag has one run for a date; null for
 * all other runs.
 */
export function reproducedDate(conf: Json): number | null {
  const whole = conf !== null && typeof conf === "object" && !Array.isArray(conf) ? conf : {};
  const of = whole[reproducesKey];
  const date = of !== null && typeof of === "object" && !Array.isArray(of) ? of["logical_date"] : null;
  const at = typeof date === "string" ? Date.parse(date) : Number.NaN;
  return Number.isNaN(at) ? null : at;
}

/** A tracked run, as far as it is compared. */
export interface TrackedResult {
  readonly runId: string;
  readonly name: string;
  readonly taskId: string;
  readonly mapIndex: number;
  /** The last value of each. */
  readonly metrics: { readonly [key: string]: number };
  /** Name of each input → its digest. */
  readonly inputs: { readonly [name: string]: string };
}

export interface ComparedValue {
  readonly task: string;
  readonly what: "metric" | "input" | "run";
  readonly name: string;
  readonly original: number | string | null;
  readonly reproduced: number | string | null;
  /** Of metrics; null where one of the two is not there. */
  readonly difference: number | null;
  readonly same: boolean;
}

export interface Tolerance {
  /** Share of the original's size. */
  readonly relative: number;
  readonly absolute: number;
}

/** Of several runs of one instance the first is compared with the first; both lists in the order of their starts. */
export function compareResults(
  original: readonly TrackedResult[],
  reproduced: readonly TrackedResult[],
  tolerance: Tolerance,
): ComparedValue[] {
  const waiting = new Map<string, TrackedResult[]>();
  for (const one of reproduced) waiting.set(instanceOf(one), [...(waiting.get(instanceOf(one)) ?? []), one]);
  return original.flatMap((one) => {
    const task = instanceOf(one);
    const other = waiting.get(task)?.shift();
    if (other === undefined)
      return [
        {
          task,
          what: "run",
          name: one.name,
          original: one.runId,
          reproduced: null,
          difference: null,
          same: false,
        },
      ];
    return [...compareMetrics(task, one, other, tolerance), ...compareInputs(task, one, other)];
  });
}

const instanceOf = ({ taskId, mapIndex }: TrackedResult): string =>
  mapIndex < 0 ? taskId : `${taskId}[${mapIndex}]`;

const namesOf = (a: object, b: object): string[] =>
  [...new Set([...Object.keys(a), ...Object.keys(b)])].sort();

function compareMetrics(
  task: string,
  a: TrackedResult,
  b: TrackedResult,
  tolerance: Tolerance,
): ComparedValue[] {
  return namesOf(a.metrics, b.metrics).map((name) => {
    const original = a.metrics[name] ?? null;
    const reproduced = b.metrics[name] ?? null;
    const difference = original === null || reproduced === null ? null : reproduced - original;
    return {
      task,
      what: "metric",
      name,
      original,
      reproduced,
      difference,
      same: isNear(original, reproduced, tolerance),
    };
  });
}

function isNear(a: number | null, b: number | null, { relative, absolute }: Tolerance): boolean {
  if (a === null || b === null) return false;
  // NaN is reproduced by NaN, an infinity by the same one.
  return Object.is(a, b) || Math.abs(a - b) <= Math.max(absolute, relative * Math.abs(a));
}

function compareInputs(task: string, a: TrackedResult, b: TrackedResult): ComparedValue[] {
  return namesOf(a.inputs, b.inputs).map((name) => {
    const original = a.inputs[name] ?? null;
    const reproduced = b.inputs[name] ?? null;
    return {
      task,
      what: "input",
      name,
      original,
      reproduced,
      difference: null,
      same: original === reproduced,
    };
  });
}
