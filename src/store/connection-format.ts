/**
 * A connection in the forms that Airflow reads and writes (models/connection.py): the URI
 * `type://login:password@host:port/schema?key=value`, with `__extra__` for an extra that is no flat object of
 * texts, and JSON. Pure.
 */
import type { Json } from "../core/dag-model.ts";
import { TradewindError } from "../errors.ts";

export interface ConnectionFields {
  readonly connType: string;
  readonly description: string | null;
  readonly host: string | null;
  readonly login: string | null;
  readonly password: string | null;
  readonly schema: string | null;
  readonly port: number | null;
  /** Text, most often JSON; Airflow keeps what it is given. */
  readonly extra: string | null;
}

/** A connection of which nothing is said. */
export const blankConnection: ConnectionFields = {
  connType: "",
  description: null,
  host: null,
  login: null,
  password: null,
  schema: null,
  port: null,
  extra: null,
};

/** Airflow's spellings of connection types that contain a dash or another name in URIs. */
function normalizeType(scheme: string): string {
  return scheme === "postgresql" ? "postgres" : scheme.replaceAll("-", "_");
}

function decode(text: string | undefined): string | null {
  if (text === undefined || text === "") return null;
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

/** Type, protocol of the host, login:password, host (an IPv6 address in brackets), port, schema, query. */
const uriForm =
  /^([^:/?#]+):\/\/(?:([\w.+-]+):\/\/)?(?:([^/?#]*)@)?(\[[^\]]*\]|[^:/?#]*)(?::(\d*))?(?:\/([^?#]*))?(?:\?(.*))?$/;

/**
 * @throws TradewindError TW_CONNECTION_FORMAT; the text itself is never repeated, for it holds a password.
 */
export function parseConnectionUri(uri: string): ConnectionFields {
  const m = uriForm.exec(uri.trim());
  if (m === null) throw badFormat("a URI type://login:password@host:port/schema?key=value", "something else");
  const [, type = "", protocol, person, rawHost, rawPort, schema, query] = m;
  const port = rawPort === undefined || rawPort === "" ? null : Number(rawPort);
  if (port !== null && port > 65_535) throw badFormat("a port up to 65535", String(port));
  const name = decode(rawHost?.replace(/^\[(.*)\]$/, "$1"));
  const colon = person?.indexOf(":") ?? -1;
  return {
    ...blankConnection,
    connType: normalizeType(type),
    host: protocol === undefined || name === null ? name : `${protocol}://${name}`,
    login: decode(colon < 0 ? person : person?.slice(0, colon)),
    password: colon < 0 ? null : decode(person?.slice(colon + 1)),
    schema: decode(schema),
    port,
    extra: extraOfQuery(query),
  };
}

function extraOfQuery(query: string | undefined): string | null {
  if (query === undefined || query === "") return null;
  const pairs = [...new URLSearchParams(query)];
  const whole = pairs.find(([key]) => key === "__extra__");
  return whole === undefined ? JSON.stringify(Object.fromEntries(pairs)) : whole[1];
}

const jsonKeys = new Set([
  "conn_id",
  "conn_type",
  "description",
  "host",
  "login",
  "password",
  "schema",
  "port",
  "extra",
]);

/** Airflow's JSON form; camelCase keys are read as well. */
export function parseConnectionJson(text: string): ConnectionFields {
  let value: Json;
  try {
    value = JSON.parse(text) as Json;
  } catch (error) {
    throw badFormat("JSON", error instanceof SyntaxError ? "text that is no JSON" : String(error));
  }
  if (value === null || typeof value !== "object" || Array.isArray(value))
    throw badFormat("a JSON object", typeof value);
  return connectionFromObject(value);
}

export function connectionFromObject(value: { [key: string]: Json }): ConnectionFields {
  const fields = new Map<string, Json>();
  for (const [key, item] of Object.entries(value)) {
    const name = key.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
    if (!jsonKeys.has(name)) throw badFormat(`one of ${[...jsonKeys].join(", ")}`, JSON.stringify(key));
    fields.set(name, item);
  }
  const text = (name: string): string | null => {
    const item = fields.get(name) ?? null;
    return item === null || item === "" ? null : String(item);
  };
  const extra = fields.get("extra") ?? null;
  const port = fields.get("port") ?? null;
  const number = port === null || port === "" ? null : Number(port);
  if (number !== null && !(Number.isInteger(number) && number >= 0 && number <= 65_535)) {
    throw badFormat("a port from 0 to 65535", JSON.stringify(port));
  }
  return {
    connType: normalizeType(text("conn_type") ?? ""),
    description: text("description"),
    host: text("host"),
    login: text("login"),
    password: text("password"),
    schema: text("schema"),
    port: number,
    extra: extra === null || extra === "" ? null : typeof extra === "string" ? extra : JSON.stringify(extra),
  };
}

/** What an environment variable or a file holds: JSON when it starts with "{", else a URI. */
export function parseConnection(text: string): ConnectionFields {
  return text.trimStart().startsWith("{") ? parseConnectionJson(text) : parseConnectionUri(text);
}

export function connectionUri(connection: ConnectionFields): string {
  const { connType, host, login, password, schema, port, extra } = connection;
  const [protocol, name] = host?.includes("://") === true ? host.split("://", 2) : [undefined, host];
  const secret = password === null ? "" : `:${encodeURIComponent(password)}`;
  const person = login === null && password === null ? "" : `${encodeURIComponent(login ?? "")}${secret}@`;
  const place = `${encodeURIComponent(name ?? "")}${port === null ? "" : `:${port}`}`;
  // A port alone would be read as a password.
  const authority = person === "" && place.startsWith(":") ? `@${place}` : `${person}${place}`;
  const path = schema === null ? "" : `/${encodeURIComponent(schema)}`;
  const query = extraQuery(extra);
  return `${connType.toLowerCase().replaceAll("_", "-")}://${protocol === undefined ? "" : `${protocol}://`}${authority}${path}${
    query !== "" && path === "" ? "/" : ""
  }${query}`;
}

function extraQuery(extra: string | null): string {
  if (extra === null || extra === "") return "";
  const flat = flatTexts(extra);
  const pairs = flat === null ? new URLSearchParams({ __extra__: extra }) : new URLSearchParams(flat);
  return pairs.size === 0 ? "" : `?${pairs.toString()}`;
}

/** The extra as a flat object of texts, which is what a query can carry without loss; null when it is not one. */
function flatTexts(extra: string): Record<string, string> | null {
  try {
    const value = JSON.parse(extra) as Json;
    if (value === null || typeof value !== "object" || Array.isArray(value)) return null;
    const texts = Object.values(value).every((item) => typeof item === "string" && item !== "");
    return texts ? (value as Record<string, string>) : null;
  } catch {
    return null;
  }
}

/** The object that `connections export --file-format json` writes for one connection. */
export function connectionObject(connection: ConnectionFields): { [key: string]: Json } {
  const { connType, description, host, login, password, schema, port, extra } = connection;
  return { conn_type: connType, description, host, login, password, schema, port, extra };
}

/** The extra as an object; `{}` when there is none or it is no JSON object. */
export function extraObject(extra: string | null): { [key: string]: Json } {
  if (extra === null) return {};
  try {
    const value = JSON.parse(extra) as Json;
    return value !== null && typeof value === "object" && !Array.isArray(value) ? value : {};
  } catch {
    return {};
  }
}

function badFormat(expected: string, got: string): TradewindError {
  return new TradewindError("TW_CONNECTION_FORMAT", `expected a connection as ${expected}, got ${got}`, {
    hint: 'characters such as "@", ":" and "/" in a login or password are written %40, %3A and %2F',
  });
}
