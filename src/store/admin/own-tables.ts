/** Names of the tables that the migrations of this version make; nothing else in a database is ours to touch. */
import { readMigrations } from "../migrate.ts";

let names: string[] | undefined;

export function ownTables(): string[] {
  names ??= readMigrations().flatMap(({ text }) =>
    [...text.matchAll(/^CREATE TABLE (\w+)/gm)].map((m) => m[1] ?? ""),
  );
  return names;
}
