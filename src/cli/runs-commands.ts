/** `tradewind runs reproduce`: runs a run once more with its code, data and params, and compares what came of both. */
import type { Command } from "commander";
import type { Json } from "../core/dag-model.ts";
import {
  type ComparedValue,
  compareResults,
  reproducesKey,
  type TrackedResult,
} from "../core/reproduction.ts";
import { cacheModeKey } from "../core/step-cache.ts";
import { TradewindError } from "../errors.ts";
import { type DagRunRow, getDagRun } from "../store/dag-runs.ts";
import { dagRunOf, resultsOfDagRun } from "../store/tracking/reproduction.ts";
import { delay } from "../time.ts";
import { triggerDag } from "./ask-scheduler.ts";
import { databaseCommand, onDatabase, type Work } from "./database-command.ts";
import { regexFlag } from "./flags.ts";
import { catchInterrupts, interruptedExitCode } from "./interrupts.ts";
import { noteWithoutScheduler } from "./scheduler-presence.ts";
import { type GlobalFlags, openSession, withGlobalFlags, withOutput } from "./session.ts";
import { watchRun } from "./watch-run.ts";

const lookMs = 250;

interface ReproduceFlags {
  tolerance: string;
  absTolerance: string;
  metrics?: string;
}

export function addRunsCommands(root: Command): void {
  const group = root.command("runs").description("runs of experiments");
  databaseCommand(group, "reproduce <run> [dag-run-id]", "run it once more, and compare metrics and data")
    .option(
      "--tolerance <share>",
      "difference of a metric that still counts as the same, as a share of it",
      "1e-9",
    )
    .option("--abs-tolerance <number>", "the same, as a number", "1e-12")
    .option("--metrics <regex>", "compare only metrics whose name matches")
    .addHelpText("after", "\n<run> is the id of a tracked run; or of a Dag, with the id of its run.")
    .action(onDatabase(reproduce));
  withOutput(withGlobalFlags(group.command("import-wandb <folder>")))
    .description("bring offline runs of Weights & Biases in: one, or all of a folder wandb")
    .option("--experiment <name>", "where they go; when it is not given, their project")
    .addHelpText("after", "\nThe server is that of MLFLOW_TRACKING_URI, as for MLflow's client.")
    .action(importWandb);
}

async function importWandb(folder: string, flags: GlobalFlags & { experiment?: string }): Promise<void> {
  const session = openSession(flags);
  const { importWandbRun, wandbRunFolders } = await import("../ml/tracking/wandb/import-run.ts");
  const folders = await wandbRunFolders(folder);
  if (folders.length === 0)
    throw new TradewindError("TW_ML_FORMAT", `expected offline runs of W&B in ${folder}, got none`);
  const { experiment } = flags;
  const rows = [];
  for (const one of folders) {
    const came = await importWandbRun(one, experiment === undefined ? {} : { experiment });
    if (!came.isWhole) session.note(`${one} breaks off: what is before has come in`);
    if (came.leftOut.length > 0) session.note(`${one}: no numbers, left out: ${came.leftOut.join(", ")}`);
    const { wandbId, name, runId, params, metrics, wasThere } = came;
    rows.push({
      wandb_id: wandbId,
      name,
      run_id: runId,
      params,
      metrics,
      state: wasThere ? "was there" : "imported",
    });
  }
  session.rows(rows);
}

async function reproduce(work: Work, [first = "", second]: string[], flags: ReproduceFlags): Promise<void> {
  const tolerance = {
    relative: share(flags.tolerance, "--tolerance"),
    absolute: share(flags.absTolerance, "--abs-tolerance"),
  };
  const { original, only } = await originalOf(work, first, second);
  const before = await resultsOfDagRun(work.database, original.id);
  const wanted = before.filter(({ runId }) => only === null || runId === only);
  if (wanted.length === 0)
    throw new TradewindError(
      "TW_NOT_REPRODUCIBLE",
      `expected a tracked run in run ${original.runId} of ${original.dagId}, got none: there is nothing to compare`,
    );
  const run = await repeat(work, original);
  work.session.note(`run ${run.runId} of ${run.dagId} repeats ${original.runId}`);
  await noteWithoutScheduler(work);
  const interrupts = catchInterrupts(() => work.session.note("the run goes on; nothing is compared"));
  const end = await endOf(work, run, interrupts.signal);
  interrupts.release();
  if (end === "interrupted") {
    process.exitCode = interruptedExitCode;
    return;
  }
  const after = await resultsOfDagRun(work.database, run.id);
  tell(work, end, compared(wanted, pairs(before, after, wanted), tolerance, flags.metrics));
}

/** With its progress on the screen, where the output is not for a program. */
async function endOf(
  work: Work,
  run: DagRunRow,
  signal: AbortSignal,
): Promise<"success" | "failed" | "interrupted"> {
  if (work.session.format === "table") return watchRun(work, run, signal);
  while (!signal.aborted) {
    const { state } = await getDagRun(work.database, run.dagId, run.runId);
    if (state === "success" || state === "failed") return state;
    await delay(lookMs, signal).catch(() => undefined);
  }
  return "interrupted";
}

async function originalOf(
  work: Work,
  first: string,
  second: string | undefined,
): Promise<{ original: DagRunRow; only: string | null }> {
  if (second !== undefined) return { original: await getDagRun(work.database, first, second), only: null };
  const { runId, dagId, dagRunId } = await dagRunOf(work.database, first);
  if (dagId === null || dagRunId === null)
    throw new TradewindError(
      "TW_NOT_REPRODUCIBLE",
      `expected a run that a task started, got ${runId} from outside`,
      {
        hint: "its code and data are not known here",
      },
    );
  return { original: await getDagRun(work.database, dagId, dagRunId), only: runId };
}

/** With the version, the interval and the conf of the original; cached steps run. */
function repeat(work: Work, original: DagRunRow): Promise<DagRunRow> {
  const {
    dagId,
    runId,
    logicalDate,
    dataIntervalStart: start,
    dataIntervalEnd: end,
    conf,
    versionId,
  } = original;
  const date = logicalDate === null ? null : new Date(logicalDate).toISOString();
  const given = conf !== null && typeof conf === "object" && !Array.isArray(conf) ? conf : {};
  return triggerDag(work, {
    dagId,
    versionId,
    ...(start === null || end === null ? {} : { dataInterval: { start, end } }),
    conf: { ...given, [cacheModeKey]: "off", [reproducesKey]: { run_id: runId, logical_date: date } } as Json,
    note: `repeats ${runId}`,
  });
}

/** Runs of an instance stand in the order of their starts in both. */
function pairs(
  before: readonly TrackedResult[],
  after: readonly TrackedResult[],
  wanted: readonly TrackedResult[],
): TrackedResult[] {
  if (wanted.length === before.length) return [...after];
  const same = (a: TrackedResult, b: TrackedResult) => a.taskId === b.taskId && a.mapIndex === b.mapIndex;
  return wanted.flatMap((one) => {
    const place = before.filter((other) => same(one, other)).indexOf(one);
    return after.filter((other) => same(one, other))[place] ?? [];
  });
}

function compared(
  before: readonly TrackedResult[],
  after: readonly TrackedResult[],
  tolerance: Parameters<typeof compareResults>[2],
  metrics: string | undefined,
): ComparedValue[] {
  const pattern = metrics === undefined ? null : regexFlag(metrics, "--metrics");
  return compareResults(before, after, tolerance).filter(
    ({ what, name }) => what !== "metric" || pattern === null || pattern.test(name),
  );
}

function tell(work: Work, end: "success" | "failed", rows: readonly ComparedValue[]): void {
  work.session.rows(rows.map((row) => ({ ...row, same: row.same ? "yes" : "NO" })));
  const off = rows.filter(({ same }) => !same).length;
  if (end === "failed") work.session.note("the repeated run failed");
  work.session.note(
    off === 0 ? `all ${rows.length} values are the same` : `${off} of ${rows.length} values differ`,
  );
  if (off > 0 || end === "failed") process.exitCode = 1;
}

function share(text: string, flag: string): number {
  const number = Number(text);
  if (text.trim() !== "" && number >= 0) return number;
  throw new TradewindError("TW_USAGE", `${flag}: expected a number from 0 on, got ${JSON.stringify(text)}`);
}
