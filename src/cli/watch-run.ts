/** Following one run to its end on the screen. */
import { type DagRunRow, getDagRun } from "../store/dag-runs.ts";
import { listen } from "../store/notify.ts";
import { taskInstancesOfRun } from "../store/task-instances.ts";
import { delay, systemClock } from "../time.ts";
import type { Work } from "./database-command.ts";
import { LiveDisplay, terminal } from "./progress/live-display.ts";
import type { RunView } from "./progress/run-progress.ts";

/** Between two looks: often enough for the eye, and cheap for the database. */
const lookMs = 100;

/** Shows the run until it ends, or until it has been stopped by Ctrl-C. Exit code: 0 for success, 1 for a failure. */
export async function watchRun(work: Work, run: DagRunRow): Promise<number> {
  const display = new LiveDisplay(terminal, systemClock);
  const ended = new AbortController();
  const listener = listen(work.database, {
    clock: systemClock,
    onPayload: (payload) => payload === `ended:${run.dagId}` && ended.abort(),
    onGap: () => undefined,
  });
  try {
    for (;;) {
      const view = await readRun(work, run);
      display.show(view);
      if (view.state === "success") return 0;
      if (view.state === "failed") return 1;
      await delay(lookMs, ended.signal.aborted ? undefined : ended.signal);
    }
  } finally {
    await listener.stop();
  }
}

export async function readRun(work: Work, run: DagRunRow): Promise<RunView> {
  const now = await getDagRun(work.database, run.dagId, run.runId);
  const instances = await taskInstancesOfRun(work.database, run.id);
  const order = new Map(
    instances.map((instance, i) => [
      instance.taskId,
      instance.startDate ?? Number.MAX_SAFE_INTEGER - instances.length + i,
    ]),
  );
  const sorted = [...instances].sort(
    (a, b) => (order.get(a.taskId) ?? 0) - (order.get(b.taskId) ?? 0) || a.mapIndex - b.mapIndex,
  );
  return { dagId: run.dagId, runId: run.runId, state: now.state, instances: sorted };
}
