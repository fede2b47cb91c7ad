/** Asks the server. Same origin, the session's cookie, and the token that changes need. */

/** Where the page is mounted, with a slash at its end; a proxy's prefix is in it. */
export const basePath = document.querySelector<HTMLMetaElement>('meta[name="base-path"]')?.content ?? "/";

export class ApiError extends Error {
  readonly status: number;
  readonly detail: unknown;

  constructor(status: number, detail: unknown) {
    super(wordsOf(detail) || `HTTP ${status}`);
    this.name = "ApiError";
    this.status = status;
    this.detail = detail;
  }
}

/** Airflow answers `detail` as a text, a list of complaints about fields, or an object with a reason. */
function wordsOf(detail: unknown): string {
  if (typeof detail === "string") return detail;
  if (Array.isArray(detail))
    return detail
      .map((one: { loc?: unknown[]; msg?: string }) =>
        [one.loc?.slice(1).join("."), one.msg].filter(Boolean).join(": "),
      )
      .join("; ");
  if (detail !== null && typeof detail === "object")
    return String((detail as { message?: string; reason?: string }).message ?? JSON.stringify(detail));
  return "";
}

export type Query = { [name: string]: string | number | boolean | null | undefined | readonly string[] };

export function addressOf(path: string, query: Query = {}): string {
  const params = new URLSearchParams();
  for (const [name, value] of Object.entries(query)) {
    if (value === null || value === undefined || value === "") continue;
    if (Array.isArray(value)) for (const one of value as readonly string[]) params.append(name, one);
    else params.set(name, String(value));
  }
  const text = params.toString();
  return `${basePath}${path.replace(/^\//, "")}${text === "" ? "" : `?${text}`}`;
}

/** Told when an answer says that nobody is signed in. */
let onSignedOut: () => void = () => undefined;
export function whenSignedOut(told: () => void): void {
  onSignedOut = told;
}

let csrfToken: string | null = null;
export function setCsrfToken(token: string | null): void {
  csrfToken = token;
}

async function send(
  method: string,
  address: string,
  body: unknown,
  signal?: AbortSignal,
  more: Record<string, string> = {},
): Promise<Response> {
  const headers: Record<string, string> = { accept: "application/json", ...more };
  if (body !== undefined) headers["content-type"] = "application/json";
  if (method !== "GET" && csrfToken !== null) headers["x-csrf-token"] = csrfToken;
  const response = await fetch(address, {
    method,
    headers,
    credentials: "same-origin",
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    ...(signal === undefined ? {} : { signal }),
  });
  if (response.ok) return response;
  if (response.status === 401) onSignedOut();
  // MLflow's protocol has a message where Airflow's has a detail.
  const answer = (await response.json().catch(() => null)) as { detail?: unknown; message?: string } | null;
  throw new ApiError(response.status, answer?.detail ?? answer?.message ?? response.statusText);
}

export async function get<T>(path: string, query?: Query, signal?: AbortSignal): Promise<T> {
  return (await (await send("GET", addressOf(path, query), undefined, signal)).json()) as T;
}

export async function change<T = unknown>(
  method: "POST" | "PATCH" | "PUT" | "DELETE",
  path: string,
  body?: unknown,
  query?: Query,
): Promise<T> {
  const response = await send(method, addressOf(path, query), body);
  const text = await response.text();
  return (text === "" ? null : JSON.parse(text)) as T;
}

/** A change whose answer says something in its headers, too. */
export async function answerOf<T>(
  method: "POST",
  path: string,
  body: unknown,
  headers: Record<string, string>,
): Promise<{ headers: Headers; body: T }> {
  const response = await send(method, addressOf(path), body, undefined, headers);
  return { headers: response.headers, body: (await response.json()) as T };
}

/** One segment of a path, whatever is in it. */
export const seg = (text: string | number): string => encodeURIComponent(text);
