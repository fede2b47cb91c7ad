/** `tradewind dags`: pause, unpause, trigger, delete, reserialize. */
import type { Command } from "commander";
import type { Json } from "../core/dag-model.ts";
import { cacheModeKey } from "../core/step-cache.ts";
import { TradewindError } from "../errors.ts";
import { silentLog } from "../log.ts";
import { removeRunFolder } from "../scheduler/run-folder.ts";
import type { DagRunRow } from "../store/dag-runs.ts";
import { listDags, setPaused } from "../store/dags.ts";
import { notify } from "../store/notify.ts";
import { deleteDag } from "../store/run-deletion.ts";
import { announceResult } from "./announce-result.ts";
import { notePools, triggerDag } from "./ask-scheduler.ts";
import { confirmed } from "./confirm.ts";
import { createDagProcessor, syncDagsFolder } from "./dags-folder.ts";
import { currentSpec } from "./dags-read-commands.ts";
import { databaseCommand, onDatabase, type Work } from "./database-command.ts";
import { instantFlag, isoInstant, jsonFlag, oneOf, regexFlag } from "./flags.ts";
import { catchInterrupts, interruptedExitCode } from "./interrupts.ts";
import { knownDag } from "./known-dag.ts";
import { noteWithoutScheduler } from "./scheduler-presence.ts";
import { watchRun } from "./watch-run.ts";

interface TriggerFlags {
  conf?: string;
  runId?: string;
  logicalDate?: string;
  note?: string;
  cache?: string;
  wait?: boolean;
}

export function addDagsActCommands(group: Command): void {
  databaseCommand(group, "pause <dag-id>", "start no more runs of a Dag")
    .option("--treat-dag-id-as-regex", "pause every Dag whose id matches")
    .option("-y, --yes", "do not ask")
    .action(onDatabase((work, [dagId = ""], flags: PauseFlags) => pause(work, dagId, flags, true)));
  databaseCommand(group, "unpause <dag-id>", "start runs of a Dag again")
    .option("--treat-dag-id-as-regex", "unpause every Dag whose id matches")
    .option("-y, --yes", "do not ask")
    .action(onDatabase((work, [dagId = ""], flags: PauseFlags) => pause(work, dagId, flags, false)));
  databaseCommand(group, "trigger <dag-id>", "start a run")
    .option("-c, --conf <json>", "conf of the run, an object; params take their values from it")
    .option("-r, --run-id <id>", "its id; made up when not given")
    .option("-l, --logical-date <date>", "its logical date; none when not given")
    .option("--note <text>", "shown with the run")
    .option(
      "--cache <mode>",
      "what cached steps do: use, refresh (run, keep the result) or off (default use)",
    )
    .option("-w, --wait", "show its progress and wait for its end; the exit code says the outcome")
    .action(onDatabase(trigger));
  databaseCommand(group, "delete <dag-id>", "remove a Dag's rows: runs, task instances, versions")
    .option("-y, --yes", "do not ask")
    .action(onDatabase(remove));
  databaseCommand(group, "reserialize", "import every Dag file again").action(onDatabase(reserialize));
}

interface PauseFlags {
  treatDagIdAsRegex?: boolean;
  yes?: boolean;
}

async function pause(work: Work, dagId: string, flags: PauseFlags, isPaused: boolean): Promise<void> {
  await syncDagsFolder(work);
  const ids = flags.treatDagIdAsRegex ? await matching(work, dagId) : [(await knownDag(work, dagId)).dagId];
  await setPaused(work.database, ids, isPaused);
  await notify(
    work.database,
    ids.map((id) => `dag:${id}`),
  );
  work.session.rows(ids.map((id) => ({ dag_id: id, is_paused: isPaused })));
}

async function matching(work: Work, pattern: string): Promise<string[]> {
  const { rows } = await listDags(work.database, {}, { limit: 100_000 });
  const regexp = regexFlag(`^(?:${pattern})$`, "dag-id");
  const ids = rows.map(({ dagId }) => dagId).filter((id) => regexp.test(id));
  if (ids.length === 0)
    throw new TradewindError("TW_DAG_NOT_FOUND", `expected a Dag whose id matches ${pattern}, got none`);
  return ids;
}

async function trigger(work: Work, [dagId = ""]: string[], flags: TriggerFlags): Promise<void> {
  await syncDagsFolder(work);
  const dag = await knownDag(work, dagId);
  const run = await triggerDag(work, {
    dagId,
    runId: flags.runId,
    logicalDate:
      flags.logicalDate === undefined ? undefined : instantFlag(flags.logicalDate, "--logical-date"),
    conf: confOf(flags),
    note: flags.note,
  });
  if (dag.isPaused)
    work.session.note(`${dagId} is paused: the run waits until \`tradewind dags unpause ${dagId}\``);
  await noteWithoutScheduler(work);
  await notePools(work, await currentSpec(work, dagId));
  if (flags.wait) {
    return await waitFor(work, run);
  }
  work.session.rows([
    {
      dag_id: run.dagId,
      dag_run_id: run.runId,
      state: run.state,
      logical_date: isoInstant(run.logicalDate),
      run_after: isoInstant(run.runAfter),
      conf: run.conf,
      triggering_user_name: run.triggeringUser ?? "",
    },
  ]);
}

/** What the run does about cached steps is a part of its conf, so that it stands with the run. */
function confOf({ conf, cache }: TriggerFlags): Json | undefined {
  const given = conf === undefined ? undefined : (jsonFlag(conf, "--conf") as Json);
  if (cache === undefined) return given;
  const mode = oneOf(cache, ["use", "refresh", "off"] as const, "--cache");
  const whole = given ?? {};
  // What is no object is refused where conf is checked.
  return typeof whole === "object" && whole !== null && !Array.isArray(whole)
    ? { ...whole, [cacheModeKey]: mode }
    : whole;
}

async function waitFor(work: Work, run: DagRunRow): Promise<void> {
  const interrupts = catchInterrupts(() =>
    work.session.note(`the run goes on: \`tradewind dags state ${run.dagId} ${run.runId}\``),
  );
  const end = await watchRun(work, run, interrupts.signal);
  interrupts.release();
  if (end !== "interrupted") await announceResult(work, run);
  process.exitCode = end === "interrupted" ? interruptedExitCode : end === "success" ? 0 : 1;
}

async function remove(work: Work, [dagId = ""]: string[], flags: { yes?: boolean }): Promise<void> {
  await knownDag(work, dagId);
  if (
    !flags.yes &&
    !(await confirmed(
      `This removes all runs of ${dagId}, their task instances and versions. Proceed? (y/N) `,
    ))
  )
    throw new TradewindError("TW_USAGE", "not confirmed; nothing was changed", {
      hint: "`--yes` answers for you",
    });
  const deleted = await deleteDag(work.database, dagId);
  for (const run of deleted.runs) await removeRunFolder(work.session.config.paths.runs, run);
  await notify(work.database, [`dag:${dagId}`]);
  work.session.object({ dag_id: dagId, deleted_runs: deleted.runs.length, artifacts: deleted.artifacts });
}

async function reserialize(work: Work): Promise<void> {
  const processor = createDagProcessor(work.session, work.database, silentLog());
  try {
    await processor.runOnce();
    await processor.reparse();
  } finally {
    await processor.stop();
  }
  work.session.print("Every Dag file was imported again.");
}
