/** Triggers that watch assets: rows that stay while a Dag defines them, and fire again and again. */
import type { AssetSpec, Json } from "../core/dag-model.ts";
import { createAssetEvent } from "./asset-events.ts";
import type { Executor } from "./connect.ts";
import { notify } from "./notify.ts";
import type { Secrets } from "./secrets.ts";
import { instant, sql } from "./sql.ts";
import { sealKwargs } from "./triggers.ts";

/**
 * Makes the watchers of a Dag what its version says; in the transaction of the import, after its assets are there.
 * A watcher that another Dag defines under the same name for the same asset stays with that Dag.
 */
export async function registerWatchers(
  tx: Executor,
  secrets: () => Secrets,
  dag: { dagId: string; versionId: number; assets: readonly AssetSpec[] },
  now: number,
): Promise<void> {
  const list = dag.assets.flatMap(({ name, uri, watchers = [] }) =>
    watchers.map((watcher) => ({ name, uri, watcher: watcher.name, trigger: watcher.trigger })),
  );
  const gone = await tx.run(sql`
    DELETE FROM trigger t WHERE t.dag_id = ${dag.dagId} AND t.watcher IS NOT NULL AND (
      t.version_id <> ${dag.versionId} OR NOT EXISTS (
        SELECT FROM unnest(${list.map((one) => one.name)}::text[], ${list.map((one) => one.watcher)}::text[]) AS u (name, watcher)
        JOIN asset a ON a.name = u.name WHERE a.id = t.asset_id AND u.watcher = t.watcher))`);
  let made = 0;
  for (const { name, uri, watcher, trigger } of list) {
    made += await tx.run(sql`
      INSERT INTO trigger (classpath, kwargs, created_at, version_id, dag_id, asset_id, watcher)
      SELECT ${trigger.classpath}, ${sealKwargs(secrets(), trigger.kwargs)}, ${instant(now)}, ${dag.versionId}, ${dag.dagId}, a.id, ${watcher}
      FROM asset a WHERE a.name = ${name} AND a.uri = ${uri}
      ON CONFLICT (asset_id, watcher) WHERE watcher IS NOT NULL DO NOTHING`);
  }
  if (gone + made > 0) await notify(tx, ["trigger"]);
}

/** Of Dags whose file is gone. */
export async function removeWatchers(tx: Executor, dagIds: readonly string[]): Promise<void> {
  const gone = await tx.run(sql`
    DELETE FROM trigger WHERE dag_id = ANY (${dagIds}::text[]) AND watcher IS NOT NULL`);
  if (gone > 0) await notify(tx, ["trigger"]);
}

/** A watcher saw something: an event of its asset, with the extra that Airflow gives it. */
export async function watcherFired(
  tx: Executor,
  { assetId, payload }: { assetId: number; payload: Json },
  now: number,
): Promise<void> {
  await createAssetEvent(tx, { assetId, extra: { from_trigger: true, payload } }, now);
  await notify(tx, ["assets"]);
}
