/** `tradewind tasks`: test, render, clear, failed-deps. */
import type { Command } from "commander";
import type { DagSpec, Json } from "../core/dag-model.ts";
import { compileDag } from "../core/graph.ts";
import { clearSelection } from "../core/interventions.ts";
import { failedStates } from "../core/states.ts";
import { TradewindError } from "../errors.ts";
import { explainInstance } from "../scheduler/explain-instance.ts";
import { listDagRuns } from "../store/dag-runs.ts";

import { listTaskInstances } from "../store/task-instances.ts";
import { applyRequest } from "./ask-scheduler.ts";
import { confirmed } from "./confirm.ts";
import { currentSpec, findRun } from "./dags-read-commands.ts";
import { databaseCommand, onDatabase, type Work } from "./database-command.ts";
import { instantFlag, jsonFlag, regexFlag, wholeNumber } from "./flags.ts";
import { knownDag } from "./known-dag.ts";
import { runSingleTask } from "./single-task.ts";

export function addTasksActCommands(group: Command): void {
  databaseCommand(
    group,
    "test <dag-id> <task-id> [logical-date-or-run-id]",
    "run one task here, without its dependencies and without writing anything down",
  )
    .option("-t, --task-params <json>", "params of the task")
    .option("--map-index <n>", "which instance of a mapped task", "-1")
    .option("--env-vars <json>", "environment variables for the task")
    .action(onDatabase(test));
  databaseCommand(
    group,
    "render <dag-id> <task-id> [logical-date-or-run-id]",
    "show the rendered templates of a task",
  )
    .option("--map-index <n>", "which instance of a mapped task", "-1")
    .action(onDatabase(render));
  databaseCommand(
    group,
    "failed-deps <dag-id> <task-id> <logical-date-or-run-id>",
    "why a task instance is not running",
  )
    .option("--map-index <n>", "which instance of a mapped task", "-1")
    .action(onDatabase(failedDeps));
  databaseCommand(group, "clear <dag-id>", "let task instances run again")
    .option("-s, --start-date <date>", "runs with a logical date from")
    .option("-e, --end-date <date>", "runs with a logical date to")
    .option("-r, --run-id <id>", "this run only")
    .option("-t, --task-regex <regex>", "tasks whose id matches")
    .option("-u, --upstream", "the tasks before them, too")
    .option("-d, --downstream", "the tasks after them, too")
    .option("-f, --only-failed", "only failed ones")
    .option("--only-running", "only running ones")
    .option("--run-on-latest-version", "with the newest code")
    .option("-y, --yes", "do not ask")
    .action(onDatabase(clear));
}

async function test(
  work: Work,
  [dagId = "", taskId = "", run]: string[],
  flags: { taskParams?: string; mapIndex: string; envVars?: string },
): Promise<void> {
  const { session } = work;
  if (flags.envVars !== undefined)
    Object.assign(session.config.environment, jsonFlag(flags.envVars, "--env-vars"));
  const report = await runSingleTask(work, {
    dagId,
    taskId,
    run,
    mapIndex: wholeNumber(flags.mapIndex, "--map-index", -1),
    params:
      flags.taskParams === undefined
        ? {}
        : (jsonFlag(flags.taskParams, "--task-params") as { [name: string]: Json }),
    renderOnly: false,
    log: (level, message) => session.note(`${level.padEnd(7)} ${message}`),
  });
  const { result } = report;
  const returned =
    result.outcome === "success" && result.value !== undefined
      ? [{ key: "return_value", value: result.value }]
      : [];
  for (const { key, value } of [...returned, ...report.xcoms])
    session.print(`xcom ${key}: ${"json" in value ? JSON.stringify(value.json) : value.ref.uri}`);
  if (result.outcome === "failed") {
    session.note(result.error.stack ?? `${result.error.name}: ${result.error.message}`);
    for (const cause of result.error.causes)
      session.note(`caused by ${cause.stack ?? `${cause.name}: ${cause.message}`}`);
    process.exitCode = 1;
  }
  session.print(`${dagId}.${taskId}: ${result.outcome}${"message" in result ? ` (${result.message})` : ""}`);
}

async function render(
  work: Work,
  [dagId = "", taskId = "", run]: string[],
  flags: { mapIndex: string },
): Promise<void> {
  const report = await runSingleTask(work, {
    dagId,
    taskId,
    run,
    mapIndex: wholeNumber(flags.mapIndex, "--map-index", -1),
    params: {},
    renderOnly: true,
    log: (level, message) => work.session.note(`${level.padEnd(7)} ${message}`),
  });
  if (report.result.outcome === "failed") {
    const { error } = report.result;
    throw new TradewindError("TW_TEMPLATE_FAILED", `${dagId}.${taskId}: ${error.message}`);
  }
  if (work.session.format !== "table") return work.session.object(report.rendered);
  for (const [field, value] of Object.entries(report.rendered)) {
    work.session.print(
      `# ----------------------------------------------------------\n# property: ${field}\n# ----------------------------------------------------------`,
    );
    work.session.print(typeof value === "string" ? value : JSON.stringify(value, null, 2));
  }
  if (Object.keys(report.rendered).length === 0) work.session.print("The task has no template fields.");
}

async function failedDeps(
  work: Work,
  [dagId = "", taskId = "", run = ""]: string[],
  flags: { mapIndex: string },
): Promise<void> {
  const found = await findRun(work, dagId, run);
  await knownDag(work, dagId);
  const mapIndex = wholeNumber(flags.mapIndex, "--map-index", -1);
  const at = { dagId, runPk: found.id, taskId, mapIndex };
  const unmet = await explainInstance(work.database, at, work.now());
  if (unmet === null)
    throw new TradewindError(
      "TW_TASK_NOT_FOUND",
      `run ${run} of ${dagId} has no task ${JSON.stringify(taskId)}, or its version is gone`,
    );
  if (unmet.length === 0) return work.session.print("Task instance dependencies are all met.");
  if (work.session.format === "table") work.session.print("Task instance dependencies not met:");
  work.session.rows(unmet.map(({ check, reason }) => ({ dep: check, reason })));
}

interface ClearFlags {
  startDate?: string;
  endDate?: string;
  runId?: string;
  taskRegex?: string;
  upstream?: boolean;
  downstream?: boolean;
  onlyFailed?: boolean;
  onlyRunning?: boolean;
  runOnLatestVersion?: boolean;
  yes?: boolean;
}

async function clear(work: Work, [dagId = ""]: string[], flags: ClearFlags): Promise<void> {
  const { session, database } = work;
  const spec = await currentSpec(work, dagId);
  const taskIds = chosenTasks(spec, flags);
  const { rows: runs } = await listDagRuns(
    database,
    {
      dagIds: [dagId],
      logicalDateFrom: flags.startDate === undefined ? null : instantFlag(flags.startDate, "--start-date"),
      logicalDateTo: flags.endDate === undefined ? null : instantFlag(flags.endDate, "--end-date"),
    },
    { limit: 100_000 },
  );
  const runIds = runs
    .map(({ runId }) => runId)
    .filter((id) => flags.runId === undefined || id === flags.runId);
  const { rows } = await listTaskInstances(
    database,
    { dagIds: [dagId], runIds, taskIds },
    { limit: 1_000_000 },
  );
  const instances = rows
    .filter(({ state }) => state !== null)
    .filter(
      ({ state }) =>
        (!flags.onlyFailed || failedStates.has(state)) && (!flags.onlyRunning || state === "running"),
    );
  if (instances.length === 0) return session.print("There is nothing to clear.");
  if (!flags.yes) {
    session.rows(
      instances.slice(0, 50).map((one) => ({
        run_id: one.runId,
        task_id: one.taskId,
        map_index: one.mapIndex,
        state: one.state ?? "",
      })),
    );
    if (!(await confirmed(`This clears ${instances.length} task instances. Proceed? (y/N) `)))
      throw new TradewindError("TW_USAGE", "not confirmed; nothing was changed", {
        hint: "`--yes` answers for you",
      });
  }
  const done = await applyRequest(work, dagId, {
    kind: "clear",
    runIds: [...new Set(instances.map(({ runId }) => runId))],
    tasks: [...new Set(instances.map(({ taskId }) => taskId))].map((taskId) => ({ taskId })),
    onlyFailed: flags.onlyFailed ?? false,
    onlyRunning: flags.onlyRunning ?? false,
    runOnLatestVersion: flags.runOnLatestVersion ?? false,
  });
  session.print(
    done
      ? `${instances.length} task instance${instances.length === 1 ? "" : "s"} cleared`
      : "The request is written; no scheduler has taken it up yet.",
  );
}

function chosenTasks(spec: DagSpec, flags: ClearFlags): string[] {
  const dag = compileDag(spec);
  const pattern = flags.taskRegex === undefined ? null : regexFlag(flags.taskRegex, "--task-regex");
  const named = dag.tasks
    .filter(({ spec: task }) => pattern === null || pattern.test(task.taskId))
    .map(({ index }) => index);
  if (named.length === 0)
    throw new TradewindError(
      "TW_TASK_NOT_FOUND",
      `expected a task of ${spec.dagId} whose id matches ${flags.taskRegex}, got none`,
    );
  const selection = clearSelection(dag, named, {
    upstream: flags.upstream ?? false,
    downstream: flags.downstream ?? false,
  });
  return selection.map((index) => dag.tasks[index]?.spec.taskId ?? "");
}
