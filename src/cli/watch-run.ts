/** Following one run to its end on the screen. */
import { compileDag } from "../core/graph.ts";
import { logOutput } from "../log.ts";
import { type DagRunRow, getDagRun } from "../store/dag-runs.ts";
import { findVersionById } from "../store/dag-versions.ts";
import { listen } from "../store/notify.ts";
import { taskInstancesOfRun } from "../store/task-instances.ts";
import { delay, systemClock } from "../time.ts";
import type { Work } from "./database-command.ts";
import { LiveDisplay, terminal } from "./progress/live-display.ts";
import type { RunView } from "./progress/run-progress.ts";

/** Between two looks: often enough for the eye, and cheap for the database. */
const lookMs = 100;

/** Shows the run until it ends, or until the signal says that nobody looks any more. */
export async function watchRun(
  work: Work,
  run: DagRunRow,
  signal: AbortSignal,
): Promise<"success" | "failed" | "interrupted"> {
  const ranks = await ranksOf(work, run);
  const display = new LiveDisplay(terminal, systemClock);
  const toLog = logOutput.write;
  logOutput.write = (line) => display.above(() => toLog(line));
  const wake = new AbortController();
  const listener = listen(work.database, {
    clock: systemClock,
    onPayload: (payload) => payload === `ended:${run.dagId}` && wake.abort(),
    onGap: () => undefined,
  });
  const wakeUp = (): void => wake.abort();
  signal.addEventListener("abort", wakeUp, { once: true });
  try {
    for (;;) {
      if (signal.aborted) return "interrupted";
      const view = await readRun(work, run, ranks);
      display.show(view);
      if (view.state === "success" || view.state === "failed") return view.state;
      await delay(lookMs, wake.signal.aborted ? undefined : wake.signal);
    }
  } finally {
    logOutput.write = toLog;
    signal.removeEventListener("abort", wakeUp);
    await listener.stop();
  }
}

/** The run as it stands, its tasks in an order in which each follows what it waits for. */
async function readRun(work: Work, run: DagRunRow, ranks: ReadonlyMap<string, number>): Promise<RunView> {
  const now = await getDagRun(work.database, run.dagId, run.runId);
  const instances = await taskInstancesOfRun(work.database, run.id);
  const rank = (taskId: string): number => ranks.get(taskId) ?? ranks.size;
  const sorted = [...instances].sort((a, b) => rank(a.taskId) - rank(b.taskId) || a.mapIndex - b.mapIndex);
  return { dagId: run.dagId, runId: run.runId, state: now.state, instances: sorted };
}

async function ranksOf(work: Work, run: DagRunRow): Promise<Map<string, number>> {
  const version = await findVersionById(work.database, run.versionId);
  if (version === null) return new Map();
  const { order, tasks } = compileDag(version.spec);
  return new Map(order.map((index, rank) => [tasks[index]?.spec.taskId ?? "", rank]));
}
