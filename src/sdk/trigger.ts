/**
 * Triggers: what a deferred task waits for, in one process for all of them. A trigger is a function, or an async
 * generator for one that may fire more than once (asset watchers), registered under a name by `defineTrigger`.
 */
import type { Json, TriggerSpec } from "../core/dag-model.ts";
import { TradewindError } from "../errors.ts";
import type { TaskClient, TaskLogger } from "./context.ts";

type Kwargs = { readonly [name: string]: Json };

/** What a trigger can do while it waits. */
export interface TriggerContext {
  /** Fires when nobody waits any more: stop, and free what is held. */
  readonly signal: AbortSignal;
  /** Milliseconds since the epoch. */
  now(): number;
  /** One of thousands of sleepers on a single timer. */
  sleep(seconds: number): Promise<void>;
  readonly client: Pick<
    TaskClient,
    "getDagRun" | "listDagRuns" | "taskStates" | "getConnection" | "getVariable" | "getAssetEvents"
  >;
  readonly logger: TaskLogger;
}

export interface TriggerDefinition<K extends Kwargs = Kwargs> {
  readonly name: string;
  run(kwargs: K, context: TriggerContext): Promise<Json> | AsyncIterable<Json>;
  /**
   * When the trigger waits for nothing but an instant (ms since the epoch): it is kept as one entry of the timer
   * and `run` is not called. Undefined for any other.
   */
  due?(kwargs: K, now: number): number;
}

/** A registered kind of trigger; call it with its arguments to get what `defer` takes. */
export type TriggerKind<K extends Kwargs> = ((kwargs: K) => TriggerSpec) & { readonly triggerName: string };

/** Shared by every copy of this package in the process, since a Dag file may resolve another one. */
const registryKey = Symbol.for("tradewind.triggers");
const shared = globalThis as { [registryKey]?: Map<string, TriggerDefinition> };
const registry = (shared[registryKey] ??= new Map<string, TriggerDefinition>());

/**
 * Registers a kind of trigger at the top level of a Dag file or of a module that it imports; the triggerer imports
 * the same file and finds it by name.
 *
 * @example
 * const QueueTrigger = defineTrigger("QueueTrigger", async ({ url }: { url: string }, { signal, sleep }) => {
 *   while (!signal.aborted) {
 *     const job = await take(url);
 *     if (job !== null) return job;
 *     await sleep(5);
 *   }
 *   return null;
 * });
 * defer(QueueTrigger({ url }));
 */
export function defineTrigger<K extends Kwargs>(
  name: string,
  run: TriggerDefinition<K>["run"],
  options: Pick<TriggerDefinition<K>, "due"> = {},
): TriggerKind<K> {
  registry.set(name, { name, run, ...options } as unknown as TriggerDefinition);
  return Object.assign((kwargs: K): TriggerSpec => ({ classpath: name, kwargs: { ...kwargs } }), {
    triggerName: name,
  });
}

/** The definition of a name, or undefined: the file that registers it is not imported yet. */
export function findTrigger(name: string): TriggerDefinition | undefined {
  return registry.get(name);
}

/** @throws TW_TRIGGER_UNKNOWN with the names that there are */
export function triggerOf(spec: TriggerSpec): TriggerDefinition {
  const found = registry.get(spec.classpath);
  if (found) return found;
  throw new TradewindError(
    "TW_TRIGGER_UNKNOWN",
    `expected a trigger of ${[...registry.keys()].join(", ")}, got "${spec.classpath}"`,
    {
      hint: "register it with defineTrigger(name, …) at the top level of the Dag file",
    },
  );
}
