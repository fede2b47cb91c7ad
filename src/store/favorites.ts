/** Dags that a person marked. */
import type { Executor } from "./connect.ts";
import { sql } from "./sql.ts";

/** Marking twice, or unmarking what is not marked, changes nothing. */
export async function setFavorite(
  executor: Executor,
  userId: number,
  dagId: string,
  isFavorite: boolean,
): Promise<void> {
  await executor.run(
    isFavorite
      ? sql`INSERT INTO dag_favorite (user_id, dag_id) VALUES (${userId}, ${dagId}) ON CONFLICT DO NOTHING`
      : sql`DELETE FROM dag_favorite WHERE user_id = ${userId} AND dag_id = ${dagId}`,
  );
}

/** Ids of the Dags that a person marked. */
export async function listFavorites(executor: Executor, userId: number): Promise<string[]> {
  const rows = await executor.rows<{ dagId: string }>(
    sql`SELECT dag_id AS "dagId" FROM dag_favorite WHERE user_id = ${userId} ORDER BY dag_id`,
  );
  return rows.map(({ dagId }) => dagId);
}
