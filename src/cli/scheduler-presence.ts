/** Is a scheduler there to take up what a command wrote? */
import { listJobs } from "../store/jobs.ts";
import type { Work } from "./database-command.ts";

export async function schedulerLives(work: Work): Promise<boolean> {
  const aliveSince = work.now() - work.session.config.scheduler.healthCheckThreshold * 1000;
  return (
    (await listJobs(work.database, { kind: "scheduler", onlyRunning: true, aliveSince, limit: 1 })).length > 0
  );
}

export async function noteWithoutScheduler(work: Work): Promise<void> {
  if (!(await schedulerLives(work)))
    work.session.note(
      "no scheduler is running: `tradewind standalone` (or `tradewind scheduler`) takes it up when it starts",
    );
}
