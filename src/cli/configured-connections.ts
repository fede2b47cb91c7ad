/** Connections that settings stand for: Airflow's section `smtp` is `smtp_default` where nobody made that connection. */
import type { Config } from "../config.ts";
import type { StoredConnection } from "../store/connections.ts";

export function configuredConnections({ smtp }: Config): ReadonlyMap<string, StoredConnection> {
  const extra = {
    from_email: smtp.smtpMailFrom,
    timeout: smtp.smtpTimeout,
    ssl: smtp.smtpSsl,
    disable_tls: !smtp.smtpStarttls,
  };
  const connection: StoredConnection = {
    connId: "smtp_default",
    connType: "smtp",
    description: "from the settings of section smtp",
    host: smtp.smtpHost,
    login: smtp.smtpUser === "" ? null : smtp.smtpUser,
    password: smtp.smtpPassword === "" ? null : smtp.smtpPassword,
    schema: null,
    port: smtp.smtpPort,
    extra: JSON.stringify(extra),
  };
  return new Map([[connection.connId, connection]]);
}
