/** Asking the scheduler that holds a Dag's lease for something; without one, this process holds it for a moment. */
import type { Executor } from "../executor/executor.ts";
import { silentLog } from "../log.ts";
import type { Database, Executor as Statements } from "../store/connect.ts";
import { hasLiveScheduler, requestOf, type SchedulerRequest } from "../store/scheduler-requests.ts";
import { isRequestDone } from "../store/scheduling-requests.ts";
import type { Secrets } from "../store/secrets.ts";
import { type Clock, delay } from "../time.ts";
import { Scheduler } from "./scheduler.ts";
import type { SchedulerSettings } from "./settings.ts";

export interface RequestParts {
  readonly database: Database;
  /** Asked for only where no scheduler lives. */
  secrets(): Secrets;
  readonly environment: Readonly<Record<string, string | undefined>>;
  readonly settings: SchedulerSettings;
  readonly clock: Clock;
}

const lookMs = 30;
const patienceMs = 30_000;

/**
 * Resolves with true when it was carried out, with false when it still waits after 30 s (it is durable). What `also`
 * writes stands and falls with the request.
 */
export async function applyRequest(
  parts: RequestParts,
  dagId: string,
  request: SchedulerRequest,
  user: string | null,
  also: (tx: Statements) => Promise<void> = async () => undefined,
): Promise<boolean> {
  const { database, clock } = parts;
  const id = await database.transaction(async (tx) => {
    await also(tx);
    return await requestOf(tx, dagId, request, { now: clock.now(), user });
  });
  if (await hasLiveScheduler(database, dagId)) return await waitFor(parts, id);
  const scheduler = await Scheduler.create({
    database,
    secrets: parts.secrets(),
    environment: parts.environment,
    executor: idleExecutor,
    clock,
    log: silentLog(),
    settings: { ...parts.settings, useJobSchedule: false, onlyDags: [dagId] },
    onlyRequests: true,
  });
  await scheduler.start();
  try {
    await scheduler.requests.runOnce();
    return await waitFor(parts, id);
  } finally {
    await scheduler.stop();
  }
}

async function waitFor({ database, clock }: RequestParts, id: number): Promise<boolean> {
  const end = clock.now() + patienceMs;
  while (!(await isRequestDone(database, id))) {
    if (clock.now() > end) return false;
    await delay(lookMs);
  }
  return true;
}

/** Nothing is dispatched while only requests are carried out. */
const idleExecutor: Executor = {
  start: async () => undefined,
  dispatch: () => undefined,
  begin: () => undefined,
  acknowledge: () => undefined,
  cancel: () => undefined,
  runCallback: async () => undefined,
  stop: async () => undefined,
};
