/** `tradewind pools`: list, get, set, delete, import, export. */
import { readFileSync, writeFileSync } from "node:fs";
import type { Command } from "commander";
import { TradewindError } from "../errors.ts";
import { notify } from "../store/notify.ts";
import { deletePool, getPool, listPools, listPoolUsage, setPool } from "../store/pools.ts";
import { databaseCommand, onDatabase, type Work } from "./database-command.ts";
import { jsonFlag } from "./flags.ts";

export function addPoolsCommands(root: Command): void {
  const group = root.command("pools").description("slots that tasks share");
  databaseCommand(group, "list", "all pools and how full they are").action(
    onDatabase(async ({ database, session }) => session.rows((await listPoolUsage(database)).map(row))),
  );
  databaseCommand(group, "get <name>", "one pool").action(
    onDatabase(async ({ database, session }, [name = ""]) => {
      await getPool(database, name);
      session.rows((await listPoolUsage(database, name)).map(row));
    }),
  );
  databaseCommand(
    group,
    "set <name> <slots> [description]",
    "make or change a pool; -1 slots are without limit",
  )
    .option("--include-deferred", "deferred tasks take slots, too")
    .action(onDatabase(set));
  databaseCommand(group, "delete <name>", "remove a pool").action(
    onDatabase(async ({ database, session }, [name = ""]) => {
      await deletePool(database, name);
      session.print(`Pool ${name} deleted`);
    }),
  );
  databaseCommand(group, "import <file>", "make pools from a JSON file").action(onDatabase(importFile));
  databaseCommand(group, "export <file>", "write all pools to a JSON file; - is standard output").action(
    onDatabase(exportFile),
  );
}

function row(pool: Awaited<ReturnType<typeof listPoolUsage>>[number]): Record<string, unknown> {
  return {
    pool: pool.name,
    slots: pool.slots,
    running: pool.runningSlots,
    queued: pool.queuedSlots,
    scheduled: pool.scheduledSlots,
    deferred: pool.deferredSlots,
    open: pool.openSlots ?? "unlimited",
    include_deferred: pool.includeDeferred,
    description: pool.description ?? "",
  };
}

async function set(
  work: Work,
  [name = "", slots = "", description]: string[],
  flags: { includeDeferred?: boolean },
): Promise<void> {
  const count = Number(slots);
  if (slots.trim() === "" || !Number.isInteger(count))
    throw new TradewindError(
      "TW_POOL_SLOTS",
      `pool ${name}: expected a whole number of slots from -1 on, got ${JSON.stringify(slots)}`,
    );
  await setPool(work.database, { name, slots: count, description, includeDeferred: flags.includeDeferred });
  await notify(work.database, ["pools"]);
  if (count === 0) work.session.note(`pool ${name} has 0 slots: its tasks wait until it has some`);
  work.session.print(`Pool ${name} set`);
}

interface PoolFile {
  [name: string]: { slots: number; description?: string; include_deferred?: boolean };
}

async function importFile(work: Work, [file = ""]: string[]): Promise<void> {
  const content = jsonFlag(readFileSync(file, "utf8"), file) as PoolFile;
  for (const [name, pool] of Object.entries(content))
    await setPool(work.database, {
      name,
      slots: pool.slots,
      description: pool.description,
      includeDeferred: pool.include_deferred,
    });
  await notify(work.database, ["pools"]);
  work.session.print(`${Object.keys(content).length} pools imported from ${file}`);
}

async function exportFile(work: Work, [file = "-"]: string[]): Promise<void> {
  const pools = await listPools(work.database);
  const content: PoolFile = Object.fromEntries(
    pools.map(({ name, slots, description, includeDeferred }) => [
      name,
      { slots, description: description ?? "", include_deferred: includeDeferred },
    ]),
  );
  const text = `${JSON.stringify(content, null, 2)}\n`;
  if (file === "-") return work.session.print(text);
  writeFileSync(file, text);
  work.session.note(`${pools.length} pools written to ${file}`);
}
