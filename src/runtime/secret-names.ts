/** Which names hold secrets, by Airflow's list (security model, "Masking"). */
import type { ConnectionAnswer } from "./protocol.ts";

const words =
  /access_key|access_token|api_key|apikey|authorization|connection_string|passphrase|passwd|password|private_key|proxy_password|proxies|secret|token|keyfile_dict|service_account/i;

export function isSensitive(name: string): boolean {
  return words.test(name);
}

/** The password of a connection, and what its extra holds under sensitive names. */
export function secretsOf(connection: ConnectionAnswer): string[] {
  const secrets = connection.password ? [connection.password] : [];
  if (!connection.extra) return secrets;
  try {
    collect(JSON.parse(connection.extra), secrets);
  } catch {
    // An extra that is not JSON is one opaque text; nothing in it has a name.
  }
  return secrets;
}

function collect(value: unknown, secrets: string[]): void {
  if (value === null || typeof value !== "object") return;
  for (const [name, inner] of Object.entries(value)) {
    if (typeof inner === "string" && inner !== "" && isSensitive(name)) secrets.push(inner);
    else collect(inner, secrets);
  }
}
