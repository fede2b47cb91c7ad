/** `tradewind assets`: list, details, materialize. */
import type { Command } from "commander";
import type { Json } from "../core/dag-model.ts";
import { TradewindError } from "../errors.ts";
import { createAssetEvent, listAssetEvents } from "../store/asset-events.ts";
import { getAsset, listAliases, listAssets, listReferences } from "../store/assets.ts";
import { notify } from "../store/notify.ts";
import { triggerDag } from "./ask-scheduler.ts";
import { syncDagsFolder } from "./dags-folder.ts";
import { databaseCommand, onDatabase, type Work } from "./database-command.ts";
import { isoInstant, jsonFlag } from "./flags.ts";

interface AssetFlags {
  alias?: boolean;
  name?: string;
  uri?: string;
  extra?: string;
}

export function addAssetsCommands(root: Command): void {
  const group = root.command("assets").description("data that Dags make and wait for");
  databaseCommand(group, "list", "all assets, or aliases")
    .option("--alias", "aliases instead")
    .option("--name <text>", "part of the name")
    .action(onDatabase(list));
  databaseCommand(group, "details", "one asset with who makes and who reads it")
    .option("--name <name>", "which asset, by its name")
    .option("--uri <uri>", "which asset, by its URI")
    .action(onDatabase(details));
  databaseCommand(group, "materialize", "run the Dag that makes an asset")
    .option("--name <name>", "which asset, by its name")
    .option("--uri <uri>", "which asset, by its URI")
    .action(onDatabase(materialize));
  databaseCommand(group, "create-event", "say that an asset was changed from outside")
    .option("--name <name>", "which asset, by its name")
    .option("--uri <uri>", "which asset, by its URI")
    .option("--extra <json>", "what is kept with the event")
    .action(onDatabase(createEvent));
}

async function list(work: Work, _: string[], flags: AssetFlags): Promise<void> {
  await syncDagsFolder(work);
  if (flags.alias)
    return work.session.rows(
      (await listAliases(work.database)).map(({ id, name, group }) => ({ id, name, group })),
    );
  const { rows } = await listAssets(work.database, { namePattern: flags.name ?? null }, { limit: 100_000 });
  work.session.rows(rows.map(({ name, uri, group, extra }) => ({ name, uri, group, extra })));
}

async function find(work: Work, flags: AssetFlags) {
  if (flags.name === undefined && flags.uri === undefined)
    throw new TradewindError("TW_USAGE", "expected --name or --uri, got neither");
  return await getAsset(work.database, {
    ...(flags.name === undefined ? {} : { name: flags.name }),
    ...(flags.uri === undefined ? {} : { uri: flags.uri }),
  });
}

async function details(work: Work, _: string[], flags: AssetFlags): Promise<void> {
  await syncDagsFolder(work);
  const asset = await find(work, flags);
  const references = await listReferences(work.database, asset.id);
  const of = (role: string): string[] =>
    references
      .filter((ref) => ref.role === role)
      .map((ref) => (ref.taskId === "" ? ref.dagId : `${ref.dagId}.${ref.taskId}`));
  const events = await listAssetEvents(work.database, { assetId: asset.id }, { limit: 1 });
  work.session.object({
    name: asset.name,
    uri: asset.uri,
    group: asset.group,
    extra: asset.extra,
    scheduled_dags: of("schedule"),
    producing_tasks: of("outlet"),
    consuming_tasks: of("inlet"),
    events: events.total,
    last_event_at: isoInstant(events.rows[0]?.timestamp ?? null),
  });
}

async function materialize(work: Work, _: string[], flags: AssetFlags): Promise<void> {
  await syncDagsFolder(work);
  const asset = await find(work, flags);
  const references = await listReferences(work.database, asset.id);
  const dags = [...new Set(references.filter((ref) => ref.role === "outlet").map((ref) => ref.dagId))];
  const [dagId] = dags;
  if (dagId === undefined || dags.length > 1)
    throw new TradewindError(
      "TW_ASSET_NOT_FOUND",
      `expected one Dag that makes ${asset.name}, got ${dags.length === 0 ? "none" : dags.join(", ")}`,
    );
  const run = await triggerDag(work, { dagId, runType: "asset_materialization" });
  work.session.rows([{ dag_id: run.dagId, run_id: run.runId, state: run.state }]);
}

async function createEvent(work: Work, _: string[], flags: AssetFlags): Promise<void> {
  const asset = await find(work, flags);
  const extra =
    flags.extra === undefined ? {} : (jsonFlag(flags.extra, "--extra") as { [key: string]: Json });
  const made = await work.database.transaction(async (tx) => {
    const event = await createAssetEvent(tx, { assetId: asset.id, extra }, work.now());
    await notify(
      tx,
      event.dagIds.map((dagId) => `assets:${dagId}`),
    );
    return event;
  });
  work.session.print(
    `Event ${made.eventId} of ${asset.name}; scheduled on it: ${made.dagIds.join(", ") || "nothing"}`,
  );
}
