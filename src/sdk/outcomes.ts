/**
 * How a handler ends an attempt other than by returning or failing: each is thrown, so that it leaves any depth
 * of calls. The runtime tells them apart by `name`, so that a second copy of this package does no harm.
 */
import type { Json, TriggerSpec } from "../core/dag-model.ts";

/**
 * Ends the attempt as skipped (Airflow's `AirflowSkipException`). Downstream follows its trigger rule.
 *
 * @example
 * if (rows.length === 0) throw new SkipException("nothing new since yesterday");
 */
export class SkipException extends Error {
  override readonly name = "SkipException";
  constructor(message = "skipped by its handler") {
    super(message);
  }
}

/**
 * Fails the attempt and forbids another one, whatever `retries` says (Airflow's `AirflowFailException`).
 *
 * @example
 * if (response.status === 403) throw new FailException("the key is not valid any more");
 */
export class FailException extends Error {
  override readonly name = "FailException";
}

/** A sensor waited longer than its `timeout`. Fails without a retry, or skips with `softFail`. */
export class SensorTimeoutException extends Error {
  override readonly name = "SensorTimeoutException";
}

/** The trigger of a deferral failed or its timeout passed. May be retried. */
export class DeferralFailedException extends Error {
  override readonly name = "DeferralFailedException";
}

/** Thrown by {@link defer}; not for use by hand. */
export class DeferSignal extends Error {
  override readonly name = "DeferSignal";
  readonly trigger: TriggerSpec;
  readonly method: string;
  readonly kwargs: { [key: string]: Json };
  /** Seconds, or null for no limit. */
  readonly timeout: number | null;
  constructor(trigger: TriggerSpec, method: string, kwargs: { [key: string]: Json }, timeout: number | null) {
    super(`deferred to ${trigger.classpath}`);
    this.trigger = trigger;
    this.method = method;
    this.kwargs = kwargs;
    this.timeout = timeout;
  }
}

/** Thrown by {@link reschedule}; not for use by hand. */
export class RescheduleSignal extends Error {
  override readonly name = "RescheduleSignal";
  /** Milliseconds since the epoch. */
  readonly at: number;
  constructor(at: number) {
    super("rescheduled");
    this.at = at;
  }
}

/** Anything that can say which trigger it is: an object made by a trigger class, or the plain spec. */
export type TriggerLike = TriggerSpec | { toSpec(): TriggerSpec };

export interface DeferOptions {
  /** Method of the operator that goes on when the trigger fires. A function task is called again from its
   * start, with `getContext().triggerEvent` set. Default "executeComplete". */
  readonly method?: string;
  readonly kwargs?: { [key: string]: Json };
  /** Seconds after which the attempt fails if the trigger has not fired. */
  readonly timeout?: number;
}

/**
 * Frees the slot until a trigger fires (Airflow's `self.defer`). Never returns.
 *
 * @example
 * const event = getContext().triggerEvent;
 * if (event === undefined) defer(new DateTimeTrigger({ moment: "2030-01-01T00:00:00Z" }));
 */
export function defer(trigger: TriggerLike, options: DeferOptions = {}): never {
  const spec = "toSpec" in trigger ? trigger.toSpec() : trigger;
  throw new DeferSignal(
    spec,
    options.method ?? "executeComplete",
    options.kwargs ?? {},
    options.timeout ?? null,
  );
}

/** Ends the attempt and asks for another look at `at`, without using up a try. Never returns. */
export function reschedule(at: Date | number): never {
  throw new RescheduleSignal(typeof at === "number" ? at : at.getTime());
}

/** What a branch or a short circuit decided about the tasks after it; the runtime's `SkipRequest`. */
export type SkipChoice = { followed: string[] } | { skipped: string[] } | { skipAll: true };

/** A returned value together with a decision about downstream. `execute` of a branching operator returns it. */
export class BranchResult {
  readonly skip: SkipChoice | null;
  readonly value: unknown;
  private constructor(skip: SkipChoice | null, value: unknown) {
    this.skip = skip;
    this.value = value;
  }

  /** Of the direct downstream, run only these (task ids). */
  static follow(taskIds: readonly string[], value?: unknown): BranchResult {
    return new BranchResult({ followed: [...taskIds] }, value);
  }

  /** Skip these direct downstream tasks. */
  static skip(taskIds: readonly string[], value?: unknown): BranchResult {
    return new BranchResult(taskIds.length === 0 ? null : { skipped: [...taskIds] }, value);
  }

  /** Skip everything downstream, transitively, whatever the trigger rules. */
  static skipAll(value?: unknown): BranchResult {
    return new BranchResult({ skipAll: true }, value);
  }
}

/**
 * What a function in the other language returned, on its way to the tasks that take it: as it was written, since reading
 * and writing it again would lose the types of that language.
 */
export class ForeignResult {
  /** A value of the protocol; undefined where nothing was returned. */
  readonly encoded: unknown;
  /** The value where it is plain JSON, for decisions. */
  readonly plain: unknown;
  readonly size: { readonly length?: number; readonly keys?: string[] };

  constructor(encoded: unknown, plain: unknown, size: ForeignResult["size"]) {
    this.encoded = encoded;
    this.plain = plain;
    this.size = size;
  }
}
