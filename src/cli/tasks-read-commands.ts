/** `tradewind tasks`: the commands that only look. */
import type { Command } from "commander";
import type { DagSpec } from "../core/dag-model.ts";
import { nearest } from "../did-you-mean.ts";
import { TradewindError } from "../errors.ts";
import { findVersionById } from "../store/dag-versions.ts";
import { listTries } from "../store/task-instance-history.ts";
import { findTaskInstance, taskInstancesOfRun } from "../store/task-instances.ts";
import { syncDagsFolder } from "./dags-folder.ts";
import { currentSpec, findRun } from "./dags-read-commands.ts";
import { databaseCommand, onDatabase, type Work } from "./database-command.ts";
import { isoInstant, wholeNumber } from "./flags.ts";

export function addTasksReadCommands(group: Command): void {
  databaseCommand(group, "list <dag-id>", "tasks of a Dag")
    .option("-t, --tree", "as a tree of what follows what")
    .action(onDatabase(list));
  databaseCommand(group, "state <dag-id> <task-id> <logical-date-or-run-id>", "state of one task instance")
    .option("--map-index <n>", "which instance of a mapped task", "-1")
    .action(onDatabase(state));
  databaseCommand(
    group,
    "states-for-dag-run <dag-id> <logical-date-or-run-id>",
    "states of all task instances of a run",
  )
    .option("--tries", "earlier tries, too")
    .action(onDatabase(statesForRun));
}

/** @throws TradewindError TW_TASK_NOT_FOUND, with the id that is nearest. */
export function findTask(spec: DagSpec, taskId: string) {
  const task = spec.tasks.find((task) => task.taskId === taskId);
  if (task) return task;
  const near = nearest(
    taskId,
    spec.tasks.map((task) => task.taskId),
  );
  throw new TradewindError(
    "TW_TASK_NOT_FOUND",
    `expected a task of ${spec.dagId}, got ${JSON.stringify(taskId)}${near ? `: did you mean ${near}?` : ""}`,
    {
      hint: `\`tradewind tasks list ${spec.dagId}\` shows its tasks`,
    },
  );
}

async function list(work: Work, [dagId = ""]: string[], flags: { tree?: boolean }): Promise<void> {
  await syncDagsFolder(work);
  const spec = await currentSpec(work, dagId);
  if (flags.tree) return work.session.print(tree(spec).join("\n"));
  if (work.session.format === "table" || work.session.format === "plain")
    return work.session.print(
      spec.tasks
        .map((task) => task.taskId)
        .sort()
        .join("\n"),
    );
  work.session.rows(
    spec.tasks.map((task) => ({
      task_id: task.taskId,
      operator: task.operator,
      trigger_rule: task.triggerRule,
      upstream: task.upstream,
      mapped: task.mapped !== undefined,
    })),
  );
}

function tree(spec: DagSpec): string[] {
  const lines: string[] = [];
  const visit = (taskId: string, depth: number): void => {
    const task = spec.tasks.find((task) => task.taskId === taskId);
    lines.push(`${"    ".repeat(depth)}<Task(${task?.operator}): ${taskId}>`);
    for (const next of spec.tasks) if (next.upstream.includes(taskId)) visit(next.taskId, depth + 1);
  };
  for (const task of spec.tasks) if (task.upstream.length === 0) visit(task.taskId, 0);
  return lines;
}

async function state(
  work: Work,
  [dagId = "", taskId = "", run = ""]: string[],
  flags: { mapIndex: string },
): Promise<void> {
  const found = await findRun(work, dagId, run);
  const version = await findVersionById(work.database, found.versionId);
  if (version) findTask(version.spec, taskId);
  const instance = await findTaskInstance(work.database, {
    dagId,
    runId: found.runId,
    taskId,
    mapIndex: wholeNumber(flags.mapIndex, "--map-index", -1),
  });
  work.session.print(instance?.state ?? "None");
}

async function statesForRun(
  work: Work,
  [dagId = "", run = ""]: string[],
  flags: { tries?: boolean },
): Promise<void> {
  const found = await findRun(work, dagId, run);
  const instances = await taskInstancesOfRun(work.database, found.id);
  const rows = [];
  for (const instance of instances) {
    const tries = flags.tries
      ? await listTries(work.database, {
          runPk: found.id,
          taskId: instance.taskId,
          mapIndex: instance.mapIndex,
        })
      : [];
    for (const one of tries.length > 0 ? tries : [instance])
      rows.push({
        dag_id: dagId,
        run_id: found.runId,
        task_id: instance.taskId,
        ...(instances.some((other) => other.mapIndex >= 0)
          ? { map_index: instance.mapIndex >= 0 ? instance.mapIndex : "" }
          : {}),
        state: one.state ?? "",
        try_number: one.tryNumber,
        start_date: isoInstant(one.startDate),
        end_date: isoInstant(one.endDate),
      });
  }
  work.session.rows(rows);
}
