/** Reads connections: extra as an object, and complaints that name the connection and the field. */
import { TradewindError } from "../errors.ts";
import type { ConnectionResult } from "../sdk/context.ts";

export function extraOf(connection: ConnectionResult | null): { [name: string]: unknown } {
  if (!connection?.extra) return {};
  try {
    const value: unknown = JSON.parse(connection.extra);
    if (value !== null && typeof value === "object" && !Array.isArray(value))
      return value as { [name: string]: unknown };
  } catch {
    // Said below: an extra that is not an object of JSON is useless to every hook.
  }
  throw new TradewindError(
    "TW_CONNECTION_INVALID",
    `expected the extra of connection "${connection.id}" to be a JSON object`,
  );
}

/** A text field of the extra, under any of its spellings. */
export function extraText(extra: { [name: string]: unknown }, ...names: string[]): string | undefined {
  for (const name of names) {
    const value = extra[name];
    if (typeof value === "string" && value !== "") return value;
    if (typeof value === "number" || typeof value === "boolean") return String(value);
  }
  return undefined;
}

/** A yes or no of the extra: true, "true", "1" and 1 are yes. */
export function extraFlag(extra: { [name: string]: unknown }, name: string, fallback: boolean): boolean {
  const value = extra[name];
  if (value === undefined || value === null) return fallback;
  return value === true || value === 1 || (typeof value === "string" && /^(true|1|yes|on)$/i.test(value));
}
