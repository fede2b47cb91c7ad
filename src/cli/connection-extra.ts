/** The extra of a connection, where its type keeps what has no field of its own. */
import type { ConnectionAnswer } from "../runtime/protocol.ts";

export interface ConnectionExtra {
  /** A text, or an object as its JSON; undefined where there is none. */
  text(name: string): string | undefined;
  flag(name: string): boolean;
}

/** Names may have the prefix of Airflow 1's forms: `extra__google_cloud_platform__key_path`. */
export function extraOf(connection: ConnectionAnswer | null): ConnectionExtra {
  const values = parsed(connection?.extra ?? null);
  const find = (name: string): unknown =>
    values[name] ??
    Object.entries(values).find(([key]) => /^extra__\w+?__/.test(key) && key.endsWith(`__${name}`))?.[1];
  return {
    text: (name) => {
      const value = find(name);
      if (typeof value === "string") return value === "" ? undefined : value;
      return typeof value === "object" && value !== null ? JSON.stringify(value) : undefined;
    },
    flag: (name) => find(name) === true || find(name) === "true" || find(name) === "True",
  };
}

function parsed(extra: string | null): { [key: string]: unknown } {
  try {
    return (JSON.parse(extra ?? "{}") ?? {}) as { [key: string]: unknown };
  } catch {
    return {};
  }
}
