/** Plugins of Airflow, and those that cannot be loaded, as the Dag processor's Python told of them last. */
import type { Json } from "../core/dag-model.ts";
import type { Database, Executor } from "./connect.ts";
import { limitOffset } from "./list-query.ts";
import type { Page } from "./page.ts";
import { json, sql } from "./sql.ts";

export interface PluginRow {
  readonly name: string;
  readonly source: string;
  /** Kind → what there is of it. */
  readonly contents: { readonly [kind: string]: readonly Json[] };
}

export interface PluginImportError {
  readonly source: string;
  readonly error: string;
}

/** What was known before is forgotten. */
export async function putPlugins(
  database: Database,
  plugins: readonly PluginRow[],
  errors: readonly PluginImportError[],
): Promise<void> {
  await database.transaction(async (tx) => {
    // Two processors that start at once write one after the other.
    await tx.run(sql`LOCK TABLE plugin, plugin_import_error IN SHARE ROW EXCLUSIVE MODE`);
    await tx.run(sql`DELETE FROM plugin`);
    await tx.run(sql`DELETE FROM plugin_import_error`);
    await tx.run(sql`
      INSERT INTO plugin (name, source, contents)
      SELECT p ->> 'name', p ->> 'source', p -> 'contents' FROM json_array_elements(${json(plugins as never)}::json) AS p
      ON CONFLICT (name) DO NOTHING`);
    await tx.run(sql`
      INSERT INTO plugin_import_error (source, error)
      SELECT * FROM unnest(${errors.map(({ source }) => source)}::text[], ${errors.map(({ error }) => error)}::text[])`);
  });
}

export async function listPlugins(
  executor: Executor,
  page: Page,
): Promise<{ rows: PluginRow[]; total: number }> {
  const rows = await executor.rows<PluginRow>(
    sql`SELECT name, source, contents FROM plugin ORDER BY name ${limitOffset(page)}`,
  );
  const counted = await executor.row<{ total: number }>(sql`SELECT count(*) AS total FROM plugin`);
  return { rows, total: counted?.total ?? 0 };
}

export function listPluginImportErrors(executor: Executor): Promise<PluginImportError[]> {
  return executor.rows(sql`SELECT source, error FROM plugin_import_error ORDER BY source`);
}
