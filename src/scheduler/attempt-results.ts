/** From the end that an executor reports to what decisions and the store are told. */
import type { AssetExpression } from "../core/dag-model.ts";
import type { AttemptOutcome } from "../core/facts.ts";
import { instantFromIso } from "../core/timetable/next-run.ts";
import { assertNever } from "../errors.ts";
import type { AttemptEnd } from "../executor/executor.ts";
import type {
  CachedStep,
  ErrorInfo,
  OutletEvent,
  TaskResult,
  TriggerEnd,
  XComValue,
} from "../runtime/protocol.ts";
import type { AssetEventWrite } from "../store/scheduler-batch-dags.ts";
import type { ActiveRun } from "./memory.ts";

export function outcomeOf(end: AttemptEnd): AttemptOutcome {
  const { result } = end;
  switch (result.outcome) {
    case "success": {
      const length = result.value === undefined ? {} : { length: end.length ?? null };
      return result.skip === undefined
        ? { kind: "success", ...length }
        : { kind: "success", ...length, skip: result.skip };
    }
    case "skipped":
      return { kind: "skipped", message: result.message };
    case "failed":
      return failureOf(result);
    case "deferred":
      return { kind: "deferred" };
    case "reschedule":
      return { kind: "reschedule", at: instantFromIso(result.at) };
    case "awaiting_input":
      return { kind: "awaiting_input" };
    default:
      return assertNever(result, "outcome");
  }
}

function failureOf(result: Extract<TaskResult, { outcome: "failed" }>): AttemptOutcome {
  const { error, retryable, retryDelay } = result;
  const failed = { kind: "failed", message: messageOf(error), retryable } as const;
  return retryDelay === undefined ? failed : { ...failed, retryDelay };
}

/** The end of an attempt whose trigger decided it. */
export function attemptEndOf({ state, xcoms }: TriggerEnd): AttemptEnd {
  const value = xcoms.find(({ key }) => key === "return_value")?.value;
  const json = value !== undefined && "json" in value ? value.json : null;
  const length = typeof json === "object" && json !== null ? { length: Object.keys(json).length } : {};
  switch (state) {
    case "success":
      return { result: { outcome: "success", ...(value === undefined ? {} : { value }) }, xcoms, ...length };
    case "skipped":
      return { result: { outcome: "skipped", message: "its trigger skipped it" }, xcoms };
    case "failed": {
      const error = { name: "TaskFailedEvent", message: "its trigger ended it as failed", causes: [] };
      return { result: { outcome: "failed", error, retryable: false }, xcoms };
    }
    default:
      return assertNever(state, "end of a trigger");
  }
}

function messageOf(error: ErrorInfo): string {
  return `${error.name}: ${error.message}`.slice(0, 1000);
}

/** What the attempt pushed, its returned value under `return_value` where the task keeps it. */
export function pushedValues(
  end: AttemptEnd,
  keepsResult: boolean,
): readonly { key: string; value: XComValue }[] {
  const { result, xcoms } = end;
  if (result.outcome !== "success" || result.value === undefined || !keepsResult) return xcoms;
  return [...xcoms.filter(({ key }) => key !== "return_value"), { key: "return_value", value: result.value }];
}

/** What the step cache keeps of an end. */
export function stepOf(end: AttemptEnd, keepsResult: boolean): CachedStep {
  const { result, length, keys } = end;
  const { skip, outletEvents } = result.outcome === "success" ? result : {};
  return {
    xcoms: [...pushedValues(end, keepsResult)],
    ...(length === undefined ? {} : { length }),
    ...(keys === undefined ? {} : { keys: [...keys] }),
    ...(skip === undefined ? {} : { skip }),
    ...(outletEvents === undefined ? {} : { outletEvents }),
  };
}

/**
 * Events that a success brings: one for each asset among the task's outlets, with the extra that the handler gave
 * it, and those that it addressed through an alias.
 */
export function assetEventsOf(
  run: ActiveRun,
  task: number,
  mapIndex: number,
  given: readonly OutletEvent[],
): AssetEventWrite[] {
  const spec = run.dag.tasks[task]?.spec;
  if (spec === undefined || (spec.outlets.length === 0 && given.length === 0)) return [];
  const source = { dagId: run.run.dagId, taskId: spec.taskId, runId: run.run.runId, mapIndex };
  const partitionKey = run.row.partitionKey;
  const events: AssetEventWrite[] = [];
  for (const { name, uri } of spec.outlets.flatMap(assetsIn)) {
    const own = given.filter(
      ({ asset, alias }) => alias === undefined && asset?.name === name && asset.uri === uri,
    );
    const extra = Object.assign({}, ...own.map((event) => event.extra));
    const keys = [...new Set(own.flatMap((event) => event.partitionKeys ?? []))];
    for (const key of keys.length === 0 ? [partitionKey] : keys)
      events.push({ name, uri, alias: null, extra, partitionKey: key, ...source });
  }
  for (const { asset, alias, extra } of given) {
    if (alias === undefined || asset === undefined) continue;
    events.push({ name: asset.name, uri: asset.uri, alias, extra, partitionKey, ...source });
  }
  return events;
}

export function assetsIn(expression: AssetExpression): { name: string; uri: string }[] {
  if ("asset" in expression) return [expression.asset];
  if ("all" in expression) return expression.all.flatMap(assetsIn);
  if ("any" in expression) return expression.any.flatMap(assetsIn);
  if ("ref" in expression) {
    const { name, uri } = expression.ref;
    const known = name ?? uri;
    return known === undefined ? [] : [{ name: known, uri: uri ?? known }];
  }
  return [];
}
