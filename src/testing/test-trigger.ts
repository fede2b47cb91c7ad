/** Waiting for the trigger of a deferred task, on the simulated clock. */
import type { Json, TriggerSpec } from "../core/dag-model.ts";
import { AttemptClient } from "../runtime/attempt-client.ts";
import type { AttemptPort } from "../runtime/run-attempt.ts";
import { triggerOf } from "../sdk/trigger.ts";
import type { Clock } from "../time.ts";
import type { TestDagOptions } from "./test-types.ts";

export interface TriggerAnswer {
  readonly event: Json;
  readonly error?: string;
}

export async function waitForTrigger(
  spec: TriggerSpec,
  mocks: NonNullable<TestDagOptions["triggers"]>,
  around: { readonly clock: Clock; readonly signal: AbortSignal; readonly port: AttemptPort },
): Promise<TriggerAnswer> {
  try {
    const mock = Object.hasOwn(mocks, spec.classpath) ? mocks[spec.classpath] : undefined;
    if (mock !== undefined) return { event: await mock(spec.kwargs) };
    return { event: await firstEvent(triggerOf(spec).run(spec.kwargs, contextOf(around))) };
  } catch (error) {
    return { event: null, error: error instanceof Error ? error.message : String(error) };
  }
}

async function firstEvent(running: Promise<Json> | AsyncIterable<Json>): Promise<Json> {
  if (!(Symbol.asyncIterator in running)) return running;
  for await (const event of running) return event;
  throw new Error("the trigger ended without an event");
}

function contextOf({ clock, signal, port }: Parameters<typeof waitForTrigger>[2]) {
  const task = { dagId: "", taskId: "", runId: "", mapIndex: -1, tryNumber: 1, attemptId: "trigger" };
  const log =
    (level: Parameters<AttemptPort["log"]>[0]) => (message: string, fields?: { [key: string]: unknown }) =>
      port.log(level, message, fields);
  return {
    signal,
    now: () => clock.now(),
    sleep: (seconds: number) =>
      new Promise<void>((resolve, reject) => {
        const timer = clock.after(seconds * 1000, resolve);
        const abort = (): void => {
          timer.cancel();
          reject(signal.reason as Error);
        };
        signal.addEventListener("abort", abort, { once: true });
      }),
    client: new AttemptClient(port, { artifactRoot: "", inlineLimit: Number.MAX_SAFE_INTEGER, task }),
    logger: {
      debug: log("debug"),
      info: log("info"),
      warning: log("warning"),
      warn: log("warning"),
      error: log("error"),
      critical: log("critical"),
    },
  };
}
