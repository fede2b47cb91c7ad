/** What a run left behind, for the one who watched it: results of its last tasks, and where its logs are. */
import { join } from "node:path";
import { type DagRunRow, getDagRun } from "../store/dag-runs.ts";
import { findVersionById } from "../store/dag-versions.ts";
import { findXCom } from "../store/xcoms.ts";
import type { Work } from "./database-command.ts";
import { announceFailures } from "./failed-tasks.ts";

const longest = 400;

export async function announceResult(work: Work, run: DagRunRow): Promise<void> {
  const { session, database } = work;
  const now = await getDagRun(database, run.dagId, run.runId);
  const version = await findVersionById(database, now.versionId);
  const tasks = version?.spec.tasks ?? [];
  const upstream = new Set(tasks.flatMap((task) => task.upstream));
  for (const task of tasks.filter(({ taskId }) => !upstream.has(taskId))) {
    const found = await findXCom(database, {
      runPk: run.id,
      taskId: task.taskId,
      mapIndex: -1,
      key: "return_value",
    });
    if (found?.value !== undefined && found.value !== null)
      session.print(`${task.taskId}: ${JSON.stringify(found.value).slice(0, longest)}`);
  }
  await announceFailures(work, run);
  const seconds =
    now.startDate === null || now.endDate === null
      ? ""
      : ` in ${((now.endDate - now.startDate) / 1000).toFixed(2)} s`;
  session.print(
    `${run.dagId} ended with ${now.state}${seconds}. Logs: ${join(session.config.paths.logs, `dag_id=${run.dagId}`)}`,
  );
}
