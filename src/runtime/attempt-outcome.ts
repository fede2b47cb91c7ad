/** From what a handler returned or threw to the result that the scheduler commits. */
import { TradewindError } from "../errors.ts";
import {
  BranchResult,
  type DeferSignal,
  ForeignResult,
  type RescheduleSignal,
  type SkipChoice,
} from "../sdk/outcomes.ts";
import { describeError } from "./error-info.ts";
import type { TaskResult, XComValue } from "./protocol.ts";
import { checkJson } from "./xcom-json.ts";
import { encodeValue, type ValueStore } from "./xcom-values.ts";

export interface Returned {
  readonly value: XComValue | undefined;
  readonly skip: SkipChoice | null;
  /** One XCom for each key, of a task with `multipleOutputs`. */
  readonly outputs: { key: string; value: XComValue }[];
  readonly length?: number;
  readonly keys?: string[];
}

/** @throws TW_XCOM_VALUE where the value cannot travel, with its path */
export async function acceptReturned(
  result: unknown,
  store: ValueStore,
  options: { doXcomPush: boolean; multipleOutputs: boolean; mapped: boolean },
): Promise<Returned> {
  const branch = result instanceof BranchResult ? result : undefined;
  const value = branch ? branch.value : result;
  const skip = branch?.skip ?? null;
  if (value === undefined || !options.doXcomPush) return { value: undefined, skip, outputs: [] };
  if (value instanceof ForeignResult)
    return { value: value.encoded as XComValue | undefined, skip, outputs: [], ...value.size };
  const outputs: Returned["outputs"] = [];
  const encoded = await encodeValue(value, "return_value", "the result of the handler", store);
  if (options.multipleOutputs) {
    if (value === null || typeof value !== "object" || Array.isArray(value)) {
      throw new TradewindError(
        "TW_XCOM_VALUE",
        `expected an object from a task with multipleOutputs, got ${Array.isArray(value) ? "an array" : typeof value}`,
      );
    }
    for (const [key, output] of Object.entries(value)) {
      if (output === undefined) continue;
      outputs.push({
        key,
        value: await encodeValue(output, key, `the result of the handler at ${key}`, store),
      });
    }
  }
  return { value: encoded, skip, outputs, ...sizeOf(value, options.mapped) };
}

/** What a mapped task downstream needs: how many elements, and for an object under which keys. */
function sizeOf(value: unknown, mapped: boolean): { length?: number; keys?: string[] } {
  if (Array.isArray(value)) return { length: value.length };
  if (value === null || typeof value !== "object" || Object.getPrototypeOf(value) !== Object.prototype)
    return {};
  const keys = Object.keys(value);
  return mapped ? { length: keys.length, keys } : { length: keys.length };
}

/** How an attempt ended that did not return. Told by name: a Dag file may bring its own copy of the package. */
export function resultOfThrown(thrown: unknown): TaskResult {
  const name = thrown instanceof Error ? thrown.name : undefined;
  switch (name) {
    case "SkipException":
      return { outcome: "skipped", message: (thrown as Error).message };
    case "DeferSignal":
      return deferred(thrown as DeferSignal);
    case "RescheduleSignal": {
      const { at } = thrown as RescheduleSignal;
      if (!Number.isFinite(at))
        return failed(new RangeError(`expected a date to reschedule to, got ${at}`), true);
      return { outcome: "reschedule", at: new Date(at).toISOString() };
    }
    case "FailException":
    case "SensorTimeoutException":
      return failed(thrown, false);
    default:
      return failed(thrown, (thrown as { code?: unknown } | null)?.code !== "TW_TASK_CANCELLED");
  }
}

function deferred({ trigger, method, kwargs, timeout }: DeferSignal): TaskResult {
  try {
    checkJson(trigger.kwargs, `the arguments of trigger "${trigger.classpath}"`);
    checkJson(kwargs, `the kwargs of the deferral to "${method}"`);
  } catch (error) {
    return failed(error, true);
  }
  return { outcome: "deferred", trigger, method, kwargs, timeout };
}

export function failed(thrown: unknown, retryable: boolean): TaskResult {
  return { outcome: "failed", error: describeError(thrown), retryable };
}
