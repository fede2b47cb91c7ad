/**
 * Who uses an embedded server, told by session advisory locks in its `postgres` database, so that a process that
 * is killed is gone from the list without anybody's doing:
 *
 *   (8, 1) shared by everyone who uses the server. Who leaves tries to take it alone; whoever gets it is the last,
 *          and stops the server while holding it. A newcomer waits for it, loses its session with the server, and
 *          starts the server anew.
 *   (8, 2) held by the one service (`standalone`, `scheduler`) that runs on the home.
 */
import type { Connection } from "../connect.ts";
import { openConnection } from "../connect.ts";
import { sql } from "../sql.ts";
import type { ServerHome } from "./home.ts";
import { embeddedUrl } from "./home.ts";

const lockClass = 8;
const users = 1;
const service = 2;

export function enter(home: ServerHome, name: string, connectTimeoutMs = 5000): Promise<Connection> {
  return openConnection({
    url: embeddedUrl(home, "postgres"),
    // The server cuts names at 63 bytes.
    applicationName: name.slice(0, 63),
    connectTimeoutMs,
  });
}

/** Waits while the last user is leaving. */
export async function takePresence(session: Connection): Promise<void> {
  await session.run(sql`SELECT pg_advisory_lock_shared(${lockClass}::int, ${users}::int)`);
}

/** Null when this session now is the home's service, else the name of the one that is. */
export async function takeService(session: Connection): Promise<string | null> {
  const row = await session.row<{ taken: boolean }>(
    sql`SELECT pg_try_advisory_lock(${lockClass}::int, ${service}::int) AS taken`,
  );
  if (row?.taken === true) return null;
  const holder = await session.row<{ name: string }>(sql`
    SELECT a.application_name AS name
    FROM pg_locks l JOIN pg_stat_activity a USING (pid)
    WHERE l.locktype = 'advisory' AND l.classid = ${lockClass}::oid AND l.objid = ${service}::oid AND l.granted`);
  return holder?.name ?? "a process that just ended";
}

/**
 * True when nobody else uses the server; then nobody can begin to until this session ends. Gives up this
 * session's own presence.
 */
export async function isLast(session: Connection): Promise<boolean> {
  await session.run(sql`SELECT pg_advisory_unlock_all()`);
  const row = await session.row<{ last: boolean }>(
    sql`SELECT pg_try_advisory_lock(${lockClass}::int, ${users}::int) AS last`,
  );
  return row?.last === true;
}
