/** `tradewind dags`: the commands that only look. */
import type { Command } from "commander";
import type { DagSpec } from "../core/dag-model.ts";
import { forecastRuns } from "../core/forecast.ts";
import { dagRunStates, runTypes } from "../core/states.ts";
import { timeRestriction } from "../core/timetable/next-run.ts";
import { TradewindError } from "../errors.ts";
import { askTimetable } from "../scheduler/ask-timetable.ts";
import { asksItself, nextRunOf } from "../scheduler/custom-timetables.ts";
import { findDagRun, findDagRunByLogicalDate, listDagRuns } from "../store/dag-runs.ts";
import { currentVersion } from "../store/dag-versions.ts";
import { type DagRow, listDags } from "../store/dags.ts";
import { listImportErrors } from "../store/import-errors.ts";
import { askParts } from "./ask-scheduler.ts";
import { currentCode } from "./code-location.ts";
import { syncDagsFolder } from "./dags-folder.ts";
import { databaseCommand, onDatabase, type Work } from "./database-command.ts";
import { instantFlag, isoInstant, oneOf, wholeNumber } from "./flags.ts";
import { toDot, toMermaid, toSvg } from "./graph/diagram.ts";
import { drawDag } from "./graph/terminal-drawing.ts";
import { knownDag } from "./known-dag.ts";

export function addDagsReadCommands(group: Command): void {
  databaseCommand(group, "list", "all Dags")
    .option("--columns <names>", "columns to show, separated by commas")
    .option("--tags <tags>", "only with one of these tags, separated by commas")
    .option("--all", "Dags that no file defines any more, too")
    .action(onDatabase(list));
  databaseCommand(group, "list-import-errors", "Dag files that could not be imported").action(
    onDatabase(importErrors),
  );
  databaseCommand(group, "details <dag-id>", "everything about one Dag").action(onDatabase(details));
  databaseCommand(group, "show <dag-id>", "draw the graph of a Dag")
    .option("-f, --format <format>", "terminal, mermaid, dot or svg", "terminal")
    .option("-s, --save <file>", "write the drawing to a file; its ending gives the form")
    .action(onDatabase(show));
  databaseCommand(group, "report", "Dag files with what they define").action(onDatabase(report));
  databaseCommand(group, "state <dag-id> <logical-date-or-run-id>", "state of one run").action(
    onDatabase(state),
  );
  databaseCommand(group, "list-runs <dag-id>", "runs of a Dag, the newest first")
    .option("--state <state>", dagRunStates.join(", "))
    .option("--run-type <type>", runTypes.join(", "))
    .option("-s, --start-date <date>", "logical date from")
    .option("-e, --end-date <date>", "logical date to")
    .option("--limit <n>", "at most so many", "100")
    .action(onDatabase(listRuns));
  databaseCommand(group, "next-execution <dag-id>", "when the next runs are due")
    .option("-n, --num-executions <n>", "how many", "1")
    .action(onDatabase(nextExecution));
}

async function list(
  work: Work,
  _: string[],
  flags: { columns?: string; tags?: string; all?: boolean },
): Promise<void> {
  await syncDagsFolder(work);
  const tags = flags.tags?.split(",").map((tag) => tag.trim());
  const { rows } = await listDags(
    work.database,
    { tags: tags ?? null, includeStale: flags.all ?? false },
    { limit: 100_000 },
  );
  const shown = rows.map(dagRow);
  const errors = await listImportErrors(work.database);
  if (errors.length > 0)
    work.session.note(
      `${errors.length} Dag file${errors.length > 1 ? "s" : ""} could not be imported: \`tradewind dags list-import-errors\` shows why`,
    );
  if (flags.columns === undefined)
    return work.session.rows(
      shown.map(({ dag_id, fileloc, owners, is_paused, schedule }) => ({
        dag_id,
        fileloc,
        owners,
        is_paused,
        schedule,
      })),
    );
  work.session.rows(pickColumns(shown, flags.columns));
}

function pickColumns(rows: readonly Record<string, unknown>[], columns: string): Record<string, unknown>[] {
  const names = columns.split(",").map((name) => name.trim());
  const unknown = names.filter((name) => rows[0] && !(name in rows[0]));
  if (unknown.length > 0)
    throw new TradewindError(
      "TW_USAGE",
      `--columns: expected some of ${Object.keys(rows[0] ?? {}).join(", ")}, got ${unknown.join(", ")}`,
    );
  return rows.map((row) => Object.fromEntries(names.map((name) => [name, row[name]])));
}

export function dagRow(dag: DagRow) {
  return {
    dag_id: dag.dagId,
    fileloc: dag.relativeFile,
    owners: dag.owners.join(", "),
    is_paused: dag.isPaused,
    schedule: dag.timetableSummary ?? "",
    tags: dag.tags.join(", "),
    display_name: dag.displayName,
    description: dag.description ?? "",
    bundle_name: dag.bundleName,
    is_stale: dag.isStale,
    has_import_errors: dag.hasImportErrors,
    max_active_runs: dag.maxActiveRuns,
    max_active_tasks: dag.maxActiveTasks,
    next_dagrun: isoInstant(dag.nextDagrun),
    next_dagrun_create_after: isoInstant(dag.nextDagrunCreateAfter),
    last_parsed_at: isoInstant(dag.lastParsedAt),
  };
}

async function importErrors(work: Work): Promise<void> {
  await syncDagsFolder(work);
  const errors = await listImportErrors(work.database);
  if (work.session.format === "table" || work.session.format === "plain") {
    for (const error of errors) {
      const place = [error.relativeFile, error.line, error.column].filter((part) => part !== null).join(":");
      work.session.print(`${place}: ${error.message} [${error.code}]`);
      if (error.stacktrace !== "") work.session.print(error.stacktrace.replace(/^/gm, "    "));
    }
    if (errors.length === 0) work.session.print("No import errors.");
  } else
    work.session.rows(
      errors.map((error) => ({
        filepath: error.relativeFile,
        line: error.line,
        column: error.column,
        code: error.code,
        error: error.message,
        stacktrace: error.stacktrace,
      })),
    );
  // Scripts ask by the exit code whether a folder is sound, as with Airflow.
  if (errors.length > 0) process.exitCode = 1;
}

async function details(work: Work, [dagId = ""]: string[]): Promise<void> {
  await syncDagsFolder(work);
  const dag = await knownDag(work, dagId);
  const version = await currentVersion(work.database, dagId);
  const spec = version?.spec;
  work.session.object({
    ...dagRow(dag),
    version: version?.versionNumber ?? null,
    start_date: spec?.startDate ?? null,
    end_date: spec?.endDate ?? null,
    catchup: spec?.catchup,
    timetable: spec?.timetable,
    dagrun_timeout: spec?.dagrunTimeout ?? null,
    fail_fast: spec?.failFast,
    max_consecutive_failed_dag_runs: dag.maxConsecutiveFailedDagRuns,
    params: spec?.params,
    tasks: spec?.tasks.map((task) => task.taskId),
  });
}

/** Spec of the newest version. @throws TradewindError TW_DAG_NOT_FOUND. */
export async function currentSpec(work: Work, dagId: string): Promise<DagSpec> {
  await knownDag(work, dagId);
  const version = await currentVersion(work.database, dagId);
  if (version === null)
    throw new TradewindError("TW_DAG_NOT_FOUND", `${dagId} has no version that could be imported`);
  return version.spec;
}

async function show(
  work: Work,
  [dagId = ""]: string[],
  flags: { format: string; save?: string },
): Promise<void> {
  await syncDagsFolder(work);
  const spec = await currentSpec(work, dagId);
  const format = flags.save === undefined ? flags.format : (/\.(\w+)$/.exec(flags.save)?.[1] ?? flags.format);
  const text = await drawing(spec, format);
  if (flags.save === undefined) return work.session.print(text);
  const { writeFileSync } = await import("node:fs");
  writeFileSync(flags.save, text);
  work.session.note(`written to ${flags.save}`);
}

async function drawing(spec: DagSpec, format: string): Promise<string> {
  switch (format) {
    case "terminal":
    case "txt":
      return `${drawDag(spec).join("\n")}\n`;
    case "mermaid":
    case "mmd":
      return toMermaid(spec);
    case "dot":
    case "gv":
      return toDot(spec);
    case "svg":
      return await toSvg(spec);
    default:
      throw new TradewindError(
        "TW_USAGE",
        `--format: expected terminal, mermaid, dot or svg, got ${JSON.stringify(format)}`,
      );
  }
}

async function report(work: Work): Promise<void> {
  await syncDagsFolder(work);
  const { rows } = await listDags(work.database, {}, { limit: 100_000 });
  const files = new Map<string, DagRow[]>();
  for (const dag of rows) files.set(dag.relativeFile, [...(files.get(dag.relativeFile) ?? []), dag]);
  const reported = [];
  for (const [file, dags] of [...files].sort()) {
    const versions = await Promise.all(dags.map((dag) => currentVersion(work.database, dag.dagId)));
    reported.push({
      file,
      dag_num: dags.length,
      task_num: versions.reduce((sum, version) => sum + (version?.spec.tasks.length ?? 0), 0),
      dags: dags.map((dag) => dag.dagId).join(", "),
      last_parsed_at: isoInstant(Math.max(...dags.map((dag) => dag.lastParsedAt))),
    });
  }
  work.session.rows(reported);
}

/** A run by its id, or by its logical date. @throws TradewindError TW_DAG_RUN_NOT_FOUND. */
export async function findRun(work: Work, dagId: string, runIdOrDate: string) {
  await knownDag(work, dagId);
  const byId = await findDagRun(work.database, dagId, runIdOrDate);
  if (byId) return byId;
  const byDate = /^\d{4}-\d{2}-\d{2}/.test(runIdOrDate)
    ? await findDagRunByLogicalDate(work.database, dagId, instantFlag(runIdOrDate, "logical date"))
    : null;
  if (byDate) return byDate;
  throw new TradewindError(
    "TW_DAG_RUN_NOT_FOUND",
    `expected a run of ${dagId} with the id or logical date ${JSON.stringify(runIdOrDate)}, got none`,
    {
      hint: `\`tradewind dags list-runs ${dagId}\` shows its runs`,
    },
  );
}

async function state(work: Work, [dagId = "", run = ""]: string[]): Promise<void> {
  const found = await findRun(work, dagId, run);
  work.session.print(
    `${found.state}${found.conf !== null && JSON.stringify(found.conf) !== "{}" ? `, ${JSON.stringify(found.conf)}` : ""}`,
  );
}

interface ListRunsFlags {
  state?: string;
  runType?: string;
  startDate?: string;
  endDate?: string;
  limit: string;
}

async function listRuns(work: Work, [dagId = ""]: string[], flags: ListRunsFlags): Promise<void> {
  await knownDag(work, dagId);
  const { rows } = await listDagRuns(
    work.database,
    {
      dagIds: [dagId],
      states: flags.state === undefined ? null : [oneOf(flags.state, dagRunStates, "--state")],
      runTypes: flags.runType === undefined ? null : [oneOf(flags.runType, runTypes, "--run-type")],
      logicalDateFrom: flags.startDate === undefined ? null : instantFlag(flags.startDate, "--start-date"),
      logicalDateTo: flags.endDate === undefined ? null : instantFlag(flags.endDate, "--end-date"),
    },
    { limit: wholeNumber(flags.limit, "--limit", 1) },
  );
  work.session.rows(
    rows.map((run) => ({
      dag_id: run.dagId,
      run_id: run.runId,
      state: run.state,
      run_after: isoInstant(run.runAfter),
      logical_date: isoInstant(run.logicalDate),
      start_date: isoInstant(run.startDate),
      end_date: isoInstant(run.endDate),
    })),
  );
}

async function nextExecution(
  work: Work,
  [dagId = ""]: string[],
  flags: { numExecutions: string },
): Promise<void> {
  await syncDagsFolder(work);
  const dag = await knownDag(work, dagId);
  const spec = await currentSpec(work, dagId);
  if (dag.isPaused)
    work.session.note(`${dagId} is paused: nothing runs until \`tradewind dags unpause ${dagId}\``);
  const count = wholeNumber(flags.numExecutions, "--num-executions", 1);
  const runs = await nextRuns(work, dagId, count);
  if (runs.length === 0)
    work.session.note(`${dagId} has no next run: its schedule is ${JSON.stringify(spec.timetable.kind)}`);
  for (const run of runs) work.session.print(isoInstant(run.runAfter));
}

/** A timetable that a user wrote tells them itself. */
async function nextRuns(work: Work, dagId: string, count: number): Promise<{ runAfter: number }[]> {
  const { version } = await currentCode(work, dagId);
  const { spec } = version;
  const { last, start, end, catchup } = await scheduleFacts(work, spec);
  if (!asksItself(spec))
    return forecastRuns(spec.timetable, { last, start, end, catchup, now: work.now() }, { count });
  const answers = await askTimetable(askParts(work), version, {
    ask: "runs",
    last: last === null ? null : { start: isoInstant(last.start), end: isoInstant(last.end) },
    start: start === null ? null : isoInstant(start),
    end: end === null ? null : isoInstant(end),
    catchup,
    limit: count,
    runType: "scheduled",
  });
  return answers.map(nextRunOf);
}

/** Newest interval and bounds of a Dag, as the scheduler would see them. */
async function scheduleFacts(work: Work, spec: DagSpec) {
  const { rows } = await listDagRuns(
    work.database,
    { dagIds: [spec.dagId], runTypes: ["scheduled"] },
    { limit: 1, orderBy: "-logical_date" },
  );
  const [run] = rows;
  const last =
    run && run.dataIntervalStart !== null && run.dataIntervalEnd !== null
      ? { start: run.dataIntervalStart, end: run.dataIntervalEnd }
      : null;
  return { last, ...timeRestriction(spec), catchup: spec.catchup };
}
