/**
 * How a sensor waits (Airflow's `BaseSensorOperator.execute`). In poke mode it sleeps in its slot, in reschedule
 * mode it ends the attempt and asks to be called again; `timeout` counts from the first poke in both.
 */
import type { TaskContext } from "./context.ts";
import {
  FailException,
  RescheduleSignal,
  reschedule,
  SensorTimeoutException,
  SkipException,
} from "./outcomes.ts";
import type { PokeAnswer } from "./task.ts";

/** Durations in seconds. */
export interface SensorSettings {
  readonly mode: "poke" | "reschedule";
  readonly pokeInterval: number;
  readonly timeout: number;
  readonly softFail: boolean;
  readonly silentFail: boolean;
  readonly neverFail: boolean;
  readonly exponentialBackoff: boolean;
  /** Upper bound between two pokes, or null. */
  readonly maxWait: number | null;
}

/** Pokes until the answer is yes. Resolves with the value that the last poke gave, undefined without one. */
export async function runSensor(
  poke: () => PokeAnswer<unknown> | Promise<PokeAnswer<unknown>>,
  settings: SensorSettings,
  context: TaskContext,
): Promise<unknown> {
  const firstStart = context.firstStart.getTime();
  for (let pokes = 1 + context.taskRescheduleCount; ; pokes++) {
    const answer = await pokeOnce(poke, settings, context);
    if (answer.isDone) return answer.value;
    const waited = (context.now().getTime() - firstStart) / 1000;
    if (waited > settings.timeout) timedOut(settings, waited);
    const wait = waitBefore(pokes, waited, settings);
    if (settings.mode === "reschedule") reschedule(context.now().getTime() + wait * 1000);
    await context.sleep(wait);
  }
}

async function pokeOnce(
  poke: () => PokeAnswer<unknown> | Promise<PokeAnswer<unknown>>,
  settings: SensorSettings,
  context: TaskContext,
): Promise<{ isDone: boolean; value?: unknown }> {
  try {
    const answer = await poke();
    return typeof answer === "object" && answer !== null ? answer : { isDone: Boolean(answer) };
  } catch (error) {
    if (error instanceof SkipException || error instanceof RescheduleSignal) throw error;
    if (context.signal.aborted) throw error;
    if (settings.softFail && !(error instanceof SensorTimeoutException) && isFailure(error)) {
      throw new SkipException(`skipped, since its poke failed and softFail is set: ${messageOf(error)}`);
    }
    if (settings.neverFail && isFailure(error))
      throw new SkipException(`skipped, since its poke failed: ${messageOf(error)}`);
    if (!settings.silentFail || error instanceof FailException || !isFailure(error)) throw error;
    context.logger.error(`poke failed: ${messageOf(error)}`);
    return { isDone: false };
  }
}

/** A deferral is thrown too, and is not a failure. */
function isFailure(error: unknown): boolean {
  return !(error instanceof Error && error.name === "DeferSignal");
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

function timedOut(settings: SensorSettings, waited: number): never {
  const message = `waited ${Math.round(waited)} s, longer than its timeout of ${settings.timeout} s`;
  if (settings.softFail || settings.neverFail) throw new SkipException(`skipped: ${message}`);
  throw new SensorTimeoutException(message);
}

/** Seconds before the poke after number `pokes`: constant, or doubling with a cap and never past the timeout. */
export function waitBefore(pokes: number, waited: number, settings: SensorSettings): number {
  if (!settings.exponentialBackoff) return settings.pokeInterval;
  const doubled = settings.pokeInterval * 2 ** Math.min(pokes - 1, 30);
  const cap = settings.maxWait ?? Math.max(settings.timeout - waited, 1);
  return Math.min(doubled, cap);
}
