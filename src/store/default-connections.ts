/** Airflow's default connections, as far as there are hooks for them here; tutorials take them for given. */

import type { Executor } from "./connect.ts";
import { blankConnection, type ConnectionFields } from "./connection-format.ts";
import { listConnections, putConnection } from "./connections.ts";
import type { Secrets } from "./secrets.ts";

export const defaultConnections: Readonly<Record<string, Partial<ConnectionFields>>> = {
  aws_default: { connType: "aws" },
  docker_default: { connType: "docker" },
  fs_default: { connType: "fs", extra: '{"path": "/"}' },
  ftp_default: { connType: "ftp", host: "localhost", port: 21 },
  http_default: { connType: "http", host: "https://www.httpbin.org/" },
  kubernetes_default: { connType: "kubernetes" },
  mysql_default: { connType: "mysql", host: "localhost", login: "root", schema: "airflow" },
  postgres_default: { connType: "postgres", host: "localhost", login: "postgres", schema: "postgres" },
  sftp_default: { connType: "sftp", host: "localhost", port: 22, login: "airflow" },
  slack_api_default: { connType: "slack" },
  smtp_default: { connType: "smtp", host: "localhost", port: 25 },
  sqlite_default: { connType: "sqlite", host: "/tmp/sqlite_default.db" },
  ssh_default: { connType: "ssh", host: "localhost" },
};

/** Those that are not there yet. Returns their ids. */
export async function addDefaultConnections(tx: Executor, secrets: Secrets): Promise<string[]> {
  const known = new Set((await listConnections(tx, secrets)).map(({ connId }) => connId));
  const missing = Object.entries(defaultConnections).filter(([connId]) => !known.has(connId));
  for (const [connId, fields] of missing)
    await putConnection(tx, secrets, { connId, ...blankConnection, ...fields });
  return missing.map(([connId]) => connId);
}
