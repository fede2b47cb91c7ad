/** `tradewind db clean`, `export-archived`, `drop-archived`: taking old rows out. */
import type { Command } from "commander";
import { TradewindError } from "../errors.ts";
import { clean, dropArchives, listArchives, planClean } from "../store/admin/clean.ts";
import { exportArchives } from "../store/admin/export-archives.ts";
import { confirmed } from "./confirm.ts";
import { databaseCommand, onDatabase, type Work } from "./database-command.ts";
import { instantFlag, wholeNumber } from "./flags.ts";

interface CleanFlags {
  cleanBeforeTimestamp: string;
  tables?: string;
  dryRun?: boolean;
  skipArchive?: boolean;
  yes?: boolean;
  batchSize?: string;
}

export function addDbCleanCommands(group: Command): void {
  databaseCommand(group, "clean", "remove what is older than an instant")
    .requiredOption("--clean-before-timestamp <date>", "everything that ended before it")
    .option("-t, --tables <names>", "only these tables, separated by commas")
    .option("--dry-run", "count, and remove nothing")
    .option("--skip-archive", "do not keep the rows in archive tables")
    .option("--batch-size <n>", "rows in one transaction")
    .option("-y, --yes", "do not ask")
    .action(onDatabase(cleanOld));
  databaseCommand(group, "export-archived", "write archive tables to CSV files")
    .requiredOption("--output-path <folder>", "where the files go")
    .option("-t, --tables <names>", "only archives of these tables")
    .option("--drop-archives", "drop them afterwards")
    .option("-y, --yes", "do not ask")
    .action(onDatabase(exportArchived));
  databaseCommand(group, "drop-archived", "drop archive tables")
    .option("-t, --tables <names>", "only archives of these tables")
    .option("-y, --yes", "do not ask")
    .action(onDatabase(dropArchived));
}

const names = (text: string | undefined): string[] | null =>
  text?.split(",").map((name) => name.trim()) ?? null;

async function cleanOld(work: Work, _: string[], flags: CleanFlags): Promise<void> {
  const before = instantFlag(flags.cleanBeforeTimestamp, "--clean-before-timestamp");
  const tables = names(flags.tables);
  const chosen = tables === null ? {} : { tables };
  const plan = await planClean(work.database, { before, ...chosen });
  if (flags.dryRun) return work.session.rows(plan.map(({ table, rows }) => ({ table, rows })));
  const total = plan.reduce((sum, { rows }) => sum + rows, 0);
  await confirm(flags.yes, `This removes ${total} rows. Proceed? (y/N) `);
  const batch =
    flags.batchSize === undefined ? {} : { batchSize: wholeNumber(flags.batchSize, "--batch-size", 1) };
  const cleaned = await clean(work.database, {
    before,
    ...chosen,
    ...batch,
    skipArchive: flags.skipArchive ?? false,
    now: work.now(),
  });
  work.session.rows(cleaned.map(({ table, rows, archive }) => ({ table, rows, archive: archive ?? "" })));
}

async function confirm(yes: boolean | undefined, question: string): Promise<void> {
  if (!yes && !(await confirmed(question)))
    throw new TradewindError("TW_USAGE", "not confirmed; nothing was changed", {
      hint: "`--yes` answers for you",
    });
}

async function exportArchived(
  work: Work,
  _: string[],
  flags: { outputPath: string; tables?: string; dropArchives?: boolean; yes?: boolean },
): Promise<void> {
  const files = await exportArchives(work.database, flags.outputPath, names(flags.tables));
  work.session.rows(files.map((file) => ({ file })));
  if (flags.dropArchives) await dropArchived(work, [], flags);
}

async function dropArchived(
  work: Work,
  _: string[],
  flags: { tables?: string; yes?: boolean },
): Promise<void> {
  const found = await listArchives(work.database, names(flags.tables));
  if (found.length === 0) return work.session.print("There are no archive tables.");
  await confirm(flags.yes, `This drops ${found.join(", ")}. Proceed? (y/N) `);
  await dropArchives(work.database, names(flags.tables));
  work.session.print(`Dropped ${found.join(", ")}`);
}
