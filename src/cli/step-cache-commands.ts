/** `tradewind cache`: results that stand for later steps, why a step ran or did not, and forgetting. */
import type { Command } from "commander";
import { TradewindError } from "../errors.ts";
import { clearResults, listLookups, listResults } from "../store/step-cache.ts";
import { confirmed } from "./confirm.ts";
import { databaseCommand, onDatabase, type Work } from "./database-command.ts";
import { isoInstant, wholeNumber } from "./flags.ts";

interface CacheFlags {
  task?: string;
  limit?: string;
  yes?: boolean;
}

export function addStepCacheCommands(root: Command): void {
  const group = root.command("cache").description("results of steps that stand for later ones");
  databaseCommand(group, "list <dag-id>", "results that are kept, the newest first")
    .option("--task <task_id>", "of one task")
    .option("--limit <rows>", "rows at most", "100")
    .action(onDatabase(list));
  databaseCommand(group, "explain <dag-id> <run-id>", "why the cached steps of a run ran, or did not")
    .option("--task <task_id>", "one task")
    .action(onDatabase(explain));
  databaseCommand(group, "clear <dag-id>", "forget results")
    .option("--task <task_id>", "of one task")
    .option("-y, --yes", "do not ask")
    .action(onDatabase(clear));
}

async function list(work: Work, [dagId = ""]: string[], flags: CacheFlags): Promise<void> {
  const limit = wholeNumber(flags.limit ?? "100", "--limit", 1);
  const { rows } = await listResults(work.database, { dagId, taskId: flags.task ?? null }, { limit });
  work.session.rows(
    rows.map(({ taskId, mapIndex, runId, tryNumber, createdAt, expiresAt, key }) => ({
      task_id: taskId,
      map_index: mapIndex,
      run_id: runId,
      try_number: tryNumber,
      created_at: isoInstant(createdAt),
      expires_at: isoInstant(expiresAt),
      key: key.slice(0, 16),
    })),
  );
}

async function explain(work: Work, [dagId = "", runId = ""]: string[], flags: CacheFlags): Promise<void> {
  const lookups = await listLookups(work.database, { dagId, runId, taskId: flags.task ?? null });
  work.session.rows(
    lookups.map(({ taskId, mapIndex, tryNumber, outcome, explanation }) => ({
      task_id: taskId,
      map_index: mapIndex,
      try_number: tryNumber,
      outcome,
      explanation,
    })),
  );
}

async function clear(work: Work, [dagId = ""]: string[], flags: CacheFlags): Promise<void> {
  const what = flags.task === undefined ? `of ${dagId}` : `of ${dagId}.${flags.task}`;
  if (!flags.yes && !(await confirmed(`This forgets the cached results ${what}. Proceed? (y/N) `)))
    throw new TradewindError("TW_USAGE", "not confirmed; nothing was changed", {
      hint: "`--yes` answers for you",
    });
  const deleted = await clearResults(work.database, { dagId, taskId: flags.task ?? null });
  work.session.print(`${deleted} results ${what} are forgotten`);
}
