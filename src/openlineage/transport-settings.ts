/** Where events go: `[openlineage] transport` as Airflow has it, or the OPENLINEAGE_* variables of the client. */
import { TradewindError } from "../errors.ts";

export type TransportSettings =
  | { readonly type: "console" }
  | { readonly type: "file"; readonly path: string; readonly append: boolean }
  | {
      readonly type: "http";
      readonly url: string;
      readonly timeoutMs: number;
      readonly gzip: boolean;
      /** `Authorization` among them. */
      readonly headers: Readonly<Record<string, string>>;
    }
  | { readonly type: "composite"; readonly transports: readonly TransportSettings[] };

const defaultEndpoint = "api/v1/lineage";

function refuse(what: string): never {
  throw new TradewindError("TW_OPENLINEAGE_TRANSPORT", `openlineage.transport: ${what}`, {
    hint: 'For example {"type": "http", "url": "http://localhost:5000", "endpoint": "api/v1/lineage"}',
  });
}

/** @throws TradewindError TW_OPENLINEAGE_TRANSPORT. The text is never part of the message: it may hold a key. */
export function parseTransport(text: string): TransportSettings {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    refuse("expected a JSON object");
  }
  return transportOf(value);
}

/** What the client of OpenLineage makes of OPENLINEAGE_URL, OPENLINEAGE_ENDPOINT and OPENLINEAGE_API_KEY. */
export function httpTransport(url: string, endpoint: string, apiKey: string): TransportSettings {
  return transportOf({
    type: "http",
    url,
    ...(endpoint === "" ? {} : { endpoint }),
    ...(apiKey === "" ? {} : { auth: { type: "api_key", apiKey } }),
  });
}

function transportOf(value: unknown): TransportSettings {
  if (typeof value !== "object" || value === null || Array.isArray(value)) refuse("expected a JSON object");
  const given = value as Record<string, unknown>;
  switch (given["type"]) {
    case "console":
      return { type: "console" };
    case "file":
      return {
        type: "file",
        path: textOf(given, "log_file_path"),
        append: given["append"] === true,
      };
    case "http":
      return httpOf(given);
    case "composite":
      return compositeOf(given["transports"]);
    default:
      return refuse(
        `expected type to be http, file, console or composite, got ${JSON.stringify(given["type"] ?? null)}`,
      );
  }
}

function httpOf(given: Record<string, unknown>): TransportSettings {
  const base = textOf(given, "url");
  const endpoint = given["endpoint"] === undefined ? defaultEndpoint : textOf(given, "endpoint");
  let url: URL;
  try {
    url = new URL(endpoint.replace(/^\/+/, ""), base.endsWith("/") ? base : `${base}/`);
  } catch {
    refuse("expected url to be an address such as http://localhost:5000");
  }
  if (url.protocol !== "http:" && url.protocol !== "https:")
    refuse("expected url to begin with http:// or https://");
  const timeout = Number(given["timeout"] ?? 5);
  if (!(timeout > 0)) refuse("expected timeout to be a number of seconds above 0");
  return {
    type: "http",
    url: url.href,
    timeoutMs: timeout * 1000,
    gzip: given["compression"] === "gzip",
    headers: { ...headersOf(given["custom_headers"] ?? given["headers"]), ...authOf(given["auth"]) },
  };
}

function compositeOf(given: unknown): TransportSettings {
  const list = Array.isArray(given) ? given : Object.values((given as Record<string, unknown>) ?? {});
  if (list.length === 0) refuse("expected transports to name at least one");
  return { type: "composite", transports: list.map(transportOf) };
}

function authOf(given: unknown): Record<string, string> {
  if (given === undefined || given === null) return {};
  const { type, apiKey, api_key: snake } = given as Record<string, unknown>;
  const key = apiKey ?? snake;
  if (type !== "api_key" || typeof key !== "string" || key === "")
    refuse('expected auth to be {"type": "api_key", "apiKey": …}');
  return { authorization: `Bearer ${key}` };
}

function headersOf(given: unknown): Record<string, string> {
  if (given === undefined || given === null) return {};
  const entries = Object.entries(given as Record<string, unknown>);
  if (typeof given !== "object" || entries.some(([, value]) => typeof value !== "string"))
    refuse("expected headers to be an object of texts");
  return Object.fromEntries(entries.map(([name, value]) => [name.toLowerCase(), value as string]));
}

function textOf(given: Record<string, unknown>, name: string): string {
  const value = given[name];
  if (typeof value === "string" && value !== "") return value;
  return refuse(`expected ${name} to be a text, got ${value === undefined ? "none" : "another value"}`);
}
