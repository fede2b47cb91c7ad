/** Does what a connection names answer? Really asked, for the types that Tradewind speaks itself. */
import { TradewindError } from "../errors.ts";
import { HttpHook } from "../providers/http.ts";
import { PostgresHook } from "../providers/postgres.ts";
import { checkSmtp } from "../providers/smtp.ts";
import type { StoredConnection } from "../store/connections.ts";

/** Seconds that an answer may take. */
const patience = 10;

/** @throws TradewindError TW_CONNECTION_TEST with what came instead of an answer. */
export async function testConnection(connection: StoredConnection): Promise<string> {
  const result = { ...connection, id: connection.connId, type: connection.connType };
  try {
    switch (connection.connType) {
      case "postgres":
      case "postgresql": {
        const signal = AbortSignal.timeout(patience * 1000);
        const [answer] = await new PostgresHook(result).run("SELECT version() AS version", { signal });
        return String(answer?.rows[0]?.["version"] ?? "the server answers");
      }
      case "http":
      case "https": {
        const response = await new HttpHook(result).request({
          endpoint: "",
          method: "HEAD",
          timeout: patience,
        });
        return `the server answers with status ${response.status}`;
      }
      case "smtp":
      case "email":
        return await checkSmtp(result);
    }
  } catch (cause) {
    throw new TradewindError(
      "TW_CONNECTION_TEST",
      `connection ${connection.connId} (${connection.connType}): ${(cause as Error).message}`,
      { cause },
    );
  }
  throw new TradewindError(
    "TW_CONNECTION_TEST",
    `connection ${connection.connId}: expected one of the types that can be tested (postgres, http, smtp), got ${JSON.stringify(connection.connType)}`,
  );
}
