/** HTTP by a connection: base URL, login, headers in its extra. */
import { TradewindError } from "../errors.ts";
import type { ConnectionResult } from "../sdk/context.ts";
import { extraOf } from "./connection-fields.ts";

export interface HttpRequest {
  /** Path under the connection's base URL, or a whole URL. */
  readonly endpoint: string;
  readonly method?: string;
  readonly headers?: { readonly [name: string]: string };
  /** An object goes as query of GET and HEAD, and as JSON of the others; a string goes as it is. */
  readonly data?: unknown;
  readonly signal?: AbortSignal;
  /** Seconds until the request is given up. */
  readonly timeout?: number;
}

/** Names of the extra that say how to speak, and are no headers. */
const settings = new Set([
  "timeout",
  "verify",
  "cert",
  "proxies",
  "proxy",
  "stream",
  "allow_redirects",
  "max_redirects",
  "check_response",
  "trust_env",
]);

/** An answer with a status of 400 or more. */
export class HttpStatusError extends TradewindError {
  readonly status: number;
  constructor(status: number, message: string) {
    super("TW_HTTP_STATUS", message);
    this.status = status;
  }
}

export class HttpHook {
  readonly #base: string;
  readonly #headers: { [name: string]: string };
  readonly #timeout: number | undefined;

  /** Null: no connection is needed where every endpoint is a whole URL. */
  constructor(connection: ConnectionResult | null) {
    this.#base = connection ? baseUrl(connection) : "";
    const extra = extraOf(connection);
    this.#headers = {};
    for (const [name, value] of Object.entries(extra)) {
      if (!settings.has(name) && (typeof value === "string" || typeof value === "number"))
        this.#headers[name] = String(value);
    }
    if (extra["headers"] !== null && typeof extra["headers"] === "object")
      Object.assign(this.#headers, extra["headers"]);
    if (connection?.login) {
      const credentials = Buffer.from(`${connection.login}:${connection.password ?? ""}`).toString("base64");
      this.#headers["authorization"] ??= `Basic ${credentials}`;
    }
    this.#timeout = typeof extra["timeout"] === "number" ? extra["timeout"] : undefined;
  }

  /** Sends it and gives the response, whatever its status. */
  async request(request: HttpRequest): Promise<Response> {
    const method = (request.method ?? "GET").toUpperCase();
    const url = this.#url(request.endpoint);
    const headers = new Headers({ ...this.#headers, ...request.headers });
    const body = bodyOf(method, request.data, url, headers);
    const seconds = request.timeout ?? this.#timeout;
    const signals = [request.signal, seconds === undefined ? undefined : AbortSignal.timeout(seconds * 1000)];
    try {
      return await fetch(url, {
        method,
        headers,
        ...(body === undefined ? {} : { body }),
        signal: AbortSignal.any(signals.filter((signal) => signal !== undefined)),
      });
    } catch (cause) {
      if (request.signal?.aborted) throw request.signal.reason;
      const why =
        cause instanceof Error && cause.cause instanceof Error ? cause.cause.message : String(cause);
      throw new TradewindError(
        "TW_HTTP_STATUS",
        `expected an answer from ${method} ${withoutLogin(url)}, got: ${why}`,
        { cause },
      );
    }
  }

  /** Sends it and fails where the status is not 2xx or 3xx. */
  async requestOk(request: HttpRequest): Promise<Response> {
    const response = await this.request(request);
    if (response.status < 400) return response;
    const text = await response.text();
    const method = (request.method ?? "GET").toUpperCase();
    throw new HttpStatusError(
      response.status,
      `expected ${method} ${withoutLogin(this.#url(request.endpoint))} to succeed, got ${response.status} ${response.statusText}: ${text.slice(0, 500)}`,
    );
  }

  #url(endpoint: string): URL {
    const absolute = /^https?:\/\//i.test(endpoint);
    const text = absolute ? endpoint : `${this.#base.replace(/\/$/, "")}/${endpoint.replace(/^\//, "")}`;
    if (URL.canParse(text)) return new URL(text);
    throw new TradewindError(
      "TW_CONNECTION_INVALID",
      `expected a URL or an HTTP connection with a host for the endpoint "${endpoint}"`,
    );
  }
}

function baseUrl(connection: ConnectionResult): string {
  const { host, port, schema } = connection;
  if (!host) return "";
  const path = /^https?$/.test(schema ?? "") || !schema ? "" : `/${schema}`;
  if (/^https?:\/\//.test(host)) return `${host}${port ? `:${port}` : ""}`;
  const protocol = schema === "https" || connection.type === "https" || port === 443 ? "https" : "http";
  return `${protocol}://${host}${port ? `:${port}` : ""}${path}`;
}

function bodyOf(method: string, data: unknown, url: URL, headers: Headers): string | undefined {
  if (data === undefined || data === null) return undefined;
  if (method === "GET" || method === "HEAD") {
    const pairs = typeof data === "string" ? new URLSearchParams(data) : Object.entries(data);
    for (const [name, value] of pairs) url.searchParams.append(name, String(value));
    return undefined;
  }
  if (typeof data === "string") return data;
  if (!headers.has("content-type")) headers.set("content-type", "application/json");
  const form = headers.get("content-type")?.startsWith("application/x-www-form-urlencoded");
  return form ? new URLSearchParams(data as Record<string, string>).toString() : JSON.stringify(data);
}

function withoutLogin(url: URL): string {
  const copy = new URL(url);
  copy.username = "";
  copy.password = "";
  return copy.href;
}
