/** `db reset`: drops the tables of ours, and only those, and makes them anew. */
import type { Database } from "../connect.ts";
import { migrate } from "../migrate.ts";
import { identifier, sql } from "../sql.ts";
import { ownTables } from "./own-tables.ts";

/** Everything is lost. Tables that other tables of the database refer to are refused by the server. */
export async function resetDatabase(database: Database): Promise<void> {
  await database.transaction(async (tx) => {
    // One statement: foreign keys among the tables are no hindrance then.
    const names = [...ownTables(), "schema_migration"].map((name) => identifier(name));
    await tx.run(sql`DROP TABLE IF EXISTS ${names.reduce((all, name) => sql`${all}, ${name}`)}`);
  });
  await migrate(database);
}
