/** Is a scheduler there to take up what a command wrote? */
import { hasLiveScheduler } from "../store/scheduler-requests.ts";
import type { Work } from "./database-command.ts";

export async function noteWithoutScheduler(work: Work): Promise<void> {
  if (!(await hasLiveScheduler(work.database)))
    work.session.note(
      "no scheduler is running: `tradewind standalone` (or `tradewind scheduler`) takes it up when it starts",
    );
}
