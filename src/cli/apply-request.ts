/** Asking the scheduler that holds a Dag's lease for something; without one, this process holds it for a moment. */
import type { Executor } from "../executor/executor.ts";
import { silentLog } from "../log.ts";
import { Scheduler } from "../scheduler/scheduler.ts";
import { schedulerSettings } from "../scheduler/settings.ts";
import { hasLiveScheduler, requestOf, type SchedulerRequest } from "../store/scheduler-requests.ts";
import { isRequestDone } from "../store/scheduling-requests.ts";
import { delay, systemClock } from "../time.ts";
import type { Work } from "./database-command.ts";
import { currentUser } from "./trigger-dag.ts";

const lookMs = 30;
const patienceMs = 30_000;

/** Resolves with true when it was carried out, with false when it still waits (it is durable). */
export async function applyRequest(work: Work, dagId: string, request: SchedulerRequest): Promise<boolean> {
  const by = { now: work.now(), user: currentUser(work) };
  const id = await work.database.transaction((tx) => requestOf(tx, dagId, request, by));
  if (await hasLiveScheduler(work.database, dagId)) return await waitFor(work, id);
  const scheduler = await Scheduler.create({
    database: work.database,
    secrets: work.secrets(),
    environment: work.session.config.environment,
    executor: idleExecutor,
    clock: systemClock,
    log: silentLog(),
    settings: { ...schedulerSettings(work.session.config), useJobSchedule: false, onlyDags: [dagId] },
    onlyRequests: true,
  });
  await scheduler.start();
  try {
    await scheduler.requests.runOnce();
    return await waitFor(work, id);
  } finally {
    await scheduler.stop();
  }
}

async function waitFor(work: Work, id: number): Promise<boolean> {
  const end = work.now() + patienceMs;
  while (!(await isRequestDone(work.database, id))) {
    if (work.now() > end) return false;
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
