/** Connections as text: Airflow's URI `type://login:password@host:port/schema?key=value`, or JSON. */
import { TradewindError } from "../errors.ts";

export interface PlainConnection {
  connId: string;
  connType: string;
  host: string | null;
  schema: string | null;
  login: string | null;
  password: string | null;
  port: number | null;
  /** JSON text. */
  extra: string | null;
  description: string | null;
}

/**
 * Reads a connection from a URI or from JSON with Airflow's field names.
 * @throws TW_CONNECTION_INVALID, which never repeats the text: it may hold a password
 */
export function parseConnection(connId: string, text: string): PlainConnection {
  return text.trimStart().startsWith("{") ? fromJson(connId, text) : fromUri(connId, text.trim());
}

function fromUri(connId: string, text: string): PlainConnection {
  const match =
    /^([\w+.-]+):\/\/(?:([^@/?]*)@)?(\[[^\]]*\]|[^:/?]*)(?::(\d+))?(?:\/([^?]*))?(?:\?(.*))?$/s.exec(text);
  if (!match) throw invalid(connId, "a URI such as postgres://user:password@host:5432/database");
  const [, type = "", user, host, port, schema, query] = match;
  const colon = user === undefined ? -1 : user.indexOf(":");
  const decode = (part: string | undefined) => {
    try {
      return part ? decodeURIComponent(part) : null;
    } catch {
      throw invalid(connId, "percent-encoded parts in its URI");
    }
  };
  return {
    connId,
    connType: typeNames[type] ?? type.replaceAll("-", "_"),
    host: decode(host),
    schema: decode(schema),
    login: decode(colon < 0 ? user : user?.slice(0, colon)),
    password: colon < 0 ? null : decode(user?.slice(colon + 1)),
    port: port === undefined ? null : Number(port),
    extra: query ? extraOf(query) : null,
    description: null,
  };
}

/** As Airflow's `_normalize_conn_type`. */
const typeNames: { readonly [scheme: string]: string } = { postgresql: "postgres" };

/** `?__extra__=<json>`, or each key of its own. */
function extraOf(query: string): string {
  const values = new URLSearchParams(query);
  const whole = values.get("__extra__");
  return whole ?? JSON.stringify(Object.fromEntries(values));
}

function fromJson(connId: string, text: string): PlainConnection {
  let fields: { [name: string]: unknown };
  try {
    fields = JSON.parse(text) as { [name: string]: unknown };
  } catch {
    throw invalid(connId, 'JSON such as {"conn_type": "http", "host": "example.com"}');
  }
  const uri = fields["uri"];
  if (typeof uri === "string") return fromUri(connId, uri);
  const read = (...names: string[]): string | null => {
    const value = names.map((name) => fields[name]).find((value) => value !== undefined && value !== null);
    return value === undefined ? null : typeof value === "string" ? value : JSON.stringify(value);
  };
  const type = read("conn_type", "connType");
  if (type === null) throw invalid(connId, 'a field "conn_type"');
  const port = read("port");
  return {
    connId,
    connType: type,
    host: read("host"),
    schema: read("schema"),
    login: read("login", "user", "username"),
    password: read("password"),
    port: port === null ? null : Number(port),
    extra: read("extra"),
    description: read("description"),
  };
}

function invalid(connId: string, expected: string): TradewindError {
  return new TradewindError("TW_CONNECTION_INVALID", `expected connection "${connId}" to be ${expected}`);
}
