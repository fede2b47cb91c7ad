/** `tradewind backfill`: create, list, cancel, pause, unpause. */
import type { Command } from "commander";
import { type BackfillRequest, reprocessBehaviors } from "../core/backfill.ts";
import type { Json } from "../core/dag-model.ts";
import { TradewindError } from "../errors.ts";
import { planOfBackfill, startBackfill } from "../scheduler/start-backfill.ts";
import { cancelBackfill, getBackfill, listBackfills, setBackfillPaused } from "../store/backfills.ts";

import { notify } from "../store/notify.ts";
import { askParts, currentUser } from "./ask-scheduler.ts";
import { currentCode } from "./code-location.ts";
import { syncDagsFolder } from "./dags-folder.ts";
import { databaseCommand, onDatabase, type Work } from "./database-command.ts";
import { instantFlag, isoInstant, jsonFlag, oneOf, wholeNumber } from "./flags.ts";
import { knownDag } from "./known-dag.ts";
import { noteWithoutScheduler } from "./scheduler-presence.ts";

interface CreateFlags {
  dagId: string;
  fromDate: string;
  toDate: string;
  dagRunConf?: string;
  runBackwards?: boolean;
  maxActiveRuns: string;
  reprocessBehavior: string;
  dryRun?: boolean;
}

export function addBackfillCommands(root: Command): void {
  const group = root.command("backfill").description("runs for past dates");
  databaseCommand(group, "create", "make runs for every date of a stretch of time")
    .requiredOption("--dag-id <id>", "the Dag")
    .requiredOption("--from-date <date>", "first logical date")
    .requiredOption("--to-date <date>", "last logical date")
    .option("--dag-run-conf <json>", "conf of every run")
    .option("--run-backwards", "newest date first")
    .option("--max-active-runs <n>", "runs of the backfill at once", "10")
    .option("--reprocess-behavior <what>", `dates that have a run: ${reprocessBehaviors.join(", ")}`, "none")
    .option("--dry-run", "show the dates, and make nothing")
    .action(onDatabase(create));
  databaseCommand(group, "list", "backfills, the newest first")
    .option("--dag-id <id>", "of one Dag")
    .action(onDatabase(list));
  databaseCommand(group, "cancel <id>", "start no more of its runs").action(
    onDatabase((work, [id = ""]) => change(work, id, "cancel")),
  );
  databaseCommand(group, "pause <id>", "start no more of its runs for now").action(
    onDatabase((work, [id = ""]) => change(work, id, "pause")),
  );
  databaseCommand(group, "unpause <id>", "go on").action(
    onDatabase((work, [id = ""]) => change(work, id, "unpause")),
  );
}

async function create(work: Work, _: string[], flags: CreateFlags): Promise<void> {
  await syncDagsFolder(work);
  const { database, session } = work;
  const dag = await knownDag(work, flags.dagId);
  const { version } = await currentCode(work, flags.dagId);
  const request: BackfillRequest = {
    from: instantFlag(flags.fromDate, "--from-date"),
    to: instantFlag(flags.toDate, "--to-date"),
    reprocess: oneOf(flags.reprocessBehavior, reprocessBehaviors, "--reprocess-behavior"),
    backwards: flags.runBackwards ?? false,
  };
  const plan = await planOfBackfill(askParts(work), version, request);
  if (flags.dryRun)
    return session.rows(
      plan.map(({ ordinal, run, action }) => ({
        ordinal,
        logical_date: isoInstant(run.logicalDate),
        action: action.kind === "skip" ? `skip: ${action.reason}` : action.kind,
        run_id: action.kind === "skip" ? "" : action.runId,
      })),
    );
  const conf = flags.dagRunConf === undefined ? {} : (jsonFlag(flags.dagRunConf, "--dag-run-conf") as Json);
  const words = { dagId: flags.dagId, conf, user: currentUser(work) };
  const maxActiveRuns = wholeNumber(flags.maxActiveRuns, "--max-active-runs", 1);
  const made = await startBackfill(database, plan, { ...request, ...words, maxActiveRuns }, work.now());
  if (dag.isPaused)
    session.note(
      `${flags.dagId} is paused: its backfill waits until \`tradewind dags unpause ${flags.dagId}\``,
    );
  await noteWithoutScheduler(work);
  const runs = plan.filter(({ action }) => action.kind !== "skip").length;
  session.print(`Backfill ${made.id} of ${flags.dagId}: ${runs} runs, ${plan.length - runs} dates skipped`);
}

async function list(work: Work, _: string[], flags: { dagId?: string }): Promise<void> {
  const backfills = await listBackfills(work.database, { dagId: flags.dagId ?? null });
  work.session.rows(
    backfills.map((backfill) => ({
      id: backfill.id,
      dag_id: backfill.dagId,
      from_date: isoInstant(backfill.fromDate),
      to_date: isoInstant(backfill.toDate),
      reprocess_behavior: backfill.reprocessBehavior,
      max_active_runs: backfill.maxActiveRuns,
      is_paused: backfill.isPaused,
      completed_at: isoInstant(backfill.completedAt),
    })),
  );
}

async function change(work: Work, text: string, verb: "cancel" | "pause" | "unpause"): Promise<void> {
  const id = wholeNumber(text, "backfill", 1);
  const backfill = await getBackfill(work.database, id);
  const changed =
    verb === "cancel"
      ? await cancelBackfill(work.database, id, work.now())
      : await setBackfillPaused(work.database, id, verb === "pause");
  if (!changed)
    throw new TradewindError(
      "TW_USAGE",
      `backfill ${id} is ${backfill.completedAt === null ? `${verb}d already` : "over"}`,
    );
  await notify(work.database, [`backfill:${backfill.dagId}`]);
  work.session.print(`Backfill ${id} of ${backfill.dagId}: ${verb === "cancel" ? "cancelled" : `${verb}d`}`);
}
