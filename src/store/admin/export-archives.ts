/** `db export-archived`: writes archive tables of `db clean` as CSV files. */
import { createWriteStream, mkdirSync } from "node:fs";
import { join } from "node:path";
import { finished } from "node:stream/promises";
import type { Database } from "../connect.ts";
import { archiveCopyText, listArchives } from "./clean.ts";
import { copyOut } from "./copy.ts";

/** Returns the files. */
export async function exportArchives(
  database: Database,
  folder: string,
  tables: readonly string[] | null = null,
): Promise<string[]> {
  mkdirSync(folder, { recursive: true });
  const session = await database.connect({ applicationName: "tradewind export-archived" });
  const files: string[] = [];
  try {
    for (const name of await listArchives(session, tables)) {
      const file = join(folder, `${name}.csv`);
      const output = createWriteStream(file, { mode: 0o600 });
      const written = finished(output);
      await Promise.all([
        copyOut(session.client, archiveCopyText(name), output).then(() => output.end()),
        written,
      ]);
      files.push(file);
    }
    return files;
  } finally {
    await session.close();
  }
}
