/** Connections to outside systems; password and extra are sealed at rest. */
import { TradewindError } from "../errors.ts";
import type { Executor } from "./connect.ts";
import type { ConnectionFields } from "./connection-format.ts";
import { violatedConstraint } from "./database-errors.ts";
import type { Secrets } from "./secrets.ts";
import { extraPlace, passwordPlace } from "./secrets.ts";
import type { Statement } from "./sql.ts";
import { sql } from "./sql.ts";

export interface StoredConnection extends ConnectionFields {
  readonly connId: string;
}

interface Row extends Omit<StoredConnection, "password" | "extra"> {
  readonly password: Buffer | null;
  readonly extra: Buffer | null;
}

const columns = sql`conn_id AS "connId", conn_type AS "connType", description, host, login, password, schema, port, extra`;

function toConnection(row: Row, secrets: Secrets): StoredConnection {
  const { connId, password, extra } = row;
  return {
    ...row,
    password: password === null ? null : secrets.open(password, passwordPlace(connId)),
    extra: extra === null ? null : secrets.open(extra, extraPlace(connId)),
  };
}

export async function getConnection(
  executor: Executor,
  secrets: Secrets,
  connId: string,
): Promise<StoredConnection | null> {
  const row = await executor.row<Row>(sql`SELECT ${columns} FROM connection WHERE conn_id = ${connId}`);
  return row === null ? null : toConnection(row, secrets);
}

/** @param connId Only this one. */
export async function listConnections(
  executor: Executor,
  secrets: Secrets,
  connId: string | null = null,
): Promise<StoredConnection[]> {
  const rows = await executor.rows<Row>(sql`
    SELECT ${columns} FROM connection
    WHERE (${connId}::text IS NULL OR conn_id = ${connId}) ORDER BY conn_id`);
  return rows.map((row) => toConnection(row, secrets));
}

function values(connection: StoredConnection, secrets: Secrets): Statement {
  const { connId, connType, description, host, login, password, schema, port, extra } = connection;
  const sealedPassword = password === null ? null : secrets.seal(password, passwordPlace(connId));
  const sealedExtra = extra === null ? null : secrets.seal(extra, extraPlace(connId));
  return sql`(${connId}, ${connType}, ${description}, ${host}, ${login}, ${sealedPassword}, ${schema}, ${port}, ${sealedExtra})`;
}

/** @throws TradewindError TW_CONNECTION_EXISTS. */
export async function addConnection(
  executor: Executor,
  secrets: Secrets,
  connection: StoredConnection,
): Promise<void> {
  try {
    await executor.run(sql`
      INSERT INTO connection (conn_id, conn_type, description, host, login, password, schema, port, extra)
      VALUES ${values(connection, secrets)}`);
  } catch (error) {
    if (violatedConstraint(error) !== "connection_pkey") throw error;
    throw new TradewindError(
      "TW_CONNECTION_EXISTS",
      `expected a new connection id, got ${JSON.stringify(connection.connId)}, which exists`,
      { hint: `delete it first: \`tradewind connections delete ${connection.connId}\``, cause: error },
    );
  }
}

/** Adds or replaces. */
export async function putConnection(
  executor: Executor,
  secrets: Secrets,
  connection: StoredConnection,
): Promise<void> {
  await executor.run(sql`
    INSERT INTO connection (conn_id, conn_type, description, host, login, password, schema, port, extra)
    VALUES ${values(connection, secrets)}
    ON CONFLICT (conn_id) DO UPDATE SET conn_type = excluded.conn_type, description = excluded.description,
      host = excluded.host, login = excluded.login, password = excluded.password, schema = excluded.schema,
      port = excluded.port, extra = excluded.extra`);
}

/** @throws TradewindError TW_CONNECTION_NOT_FOUND. */
export async function deleteConnection(executor: Executor, connId: string): Promise<void> {
  const count = await executor.run(sql`DELETE FROM connection WHERE conn_id = ${connId}`);
  if (count > 0) return;
  throw new TradewindError(
    "TW_CONNECTION_NOT_FOUND",
    `expected a connection ${JSON.stringify(connId)}, got none`,
  );
}
