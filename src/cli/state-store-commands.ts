/** `tradewind state-store`: taking out what tasks keep no longer. */
import type { Command } from "commander";
import { deleteExpiredTaskStates, listExpiredTaskStates } from "../store/state-store.ts";
import { databaseCommand, onDatabase, type Work } from "./database-command.ts";

export function addStateStoreCommands(root: Command): void {
  const group = root.command("state-store").description("what task instances keep from try to try");
  databaseCommand(group, "clean", "remove values whose time is over")
    .option("--dry-run", "list them, and remove nothing")
    .action(onDatabase(clean));
}

async function clean(work: Work, _: string[], flags: { dryRun?: boolean }): Promise<void> {
  if (flags.dryRun) return work.session.rows(await listExpiredTaskStates(work.database, work.now()));
  const count = await deleteExpiredTaskStates(work.database, work.now());
  work.session.note(`${count} values were removed`);
}
