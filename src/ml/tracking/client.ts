/** Calls of MLflow's REST API over fetch. What the server refuses is an error at once; where it does not answer, tried again. */
import { TradewindError } from "../../errors.ts";
import { delay } from "../../time.ts";
import { type TrackingServer, trackingServer } from "./environment.ts";

const tries = 4;
const firstPauseMs = 200;
const timeoutMs = 120_000;
const retried = new Set([408, 429, 500, 502, 503, 504]);

export interface Refusal {
  readonly error_code?: string;
  readonly message?: string;
  /** Of what is not MLflow's: a text, or a list of complaints about the request. */
  readonly detail?: unknown;
}

interface Sent {
  readonly method: string;
  readonly path: string;
  readonly body?: string | Uint8Array;
  readonly type?: string;
}

export class TrackingClient {
  readonly #server: TrackingServer;

  /** @param server That of the environment when it is not given. */
  constructor(server: TrackingServer = trackingServer()) {
    this.#server = server;
  }

  /** @throws TradewindError TW_TRACKING_REFUSED with the server's words; TW_TRACKING_SERVER where it does not answer. */
  async call<Answer = Record<string, unknown>>(
    method: "GET" | "POST" | "PATCH" | "DELETE",
    path: string,
    given: Readonly<Record<string, unknown>> = {},
  ): Promise<Answer> {
    return this.request(method, `/api/2.0/mlflow/${path}`, given);
  }

  /** Any path of the server: of what it has beside MLflow's API. Fails as `call` does. */
  async request<Answer = Record<string, unknown>>(
    method: "GET" | "POST" | "PATCH" | "DELETE",
    base: string,
    given: Readonly<Record<string, unknown>> = {},
  ): Promise<Answer> {
    const query = new URLSearchParams(given as Record<string, string>).toString();
    const sent: Sent =
      method === "GET"
        ? { method, path: query === "" ? base : `${base}?${query}` }
        : { method, path: base, body: JSON.stringify(given), type: "application/json" };
    return JSON.parse(await (await this.#send(sent)).text()) as Answer;
  }

  /** A call of the server's own API, beyond MLflow's: `/api/endpoints/…`. The same errors. */
  async ask<Answer = Record<string, unknown>>(
    method: "GET" | "POST" | "PUT" | "DELETE",
    path: string,
    body?: unknown,
  ): Promise<Answer> {
    const sent: Sent =
      body === undefined
        ? { method, path }
        : { method, path, body: JSON.stringify(body), type: "application/json" };
    const text = await (await this.#send(sent)).text();
    return (text === "" ? null : JSON.parse(text)) as Answer;
  }

  /** Paths of all files below a folder of the artifact store, relative to it; empty when it is not there. */
  async listFiles(uri: string): Promise<string[]> {
    const path = rootOf(uri);
    const { files = [] } = JSON.parse(
      await (
        await this.#send({
          method: "GET",
          path: `/api/2.0/mlflow-artifacts/artifacts?${new URLSearchParams({ path })}`,
        })
      ).text(),
    ) as { files?: { path: string; is_dir: boolean }[] };
    const found = files.map(async ({ path: name, is_dir: isFolder }) =>
      isFolder ? (await this.listFiles(`${uri}/${name}`)).map((below) => `${name}/${below}`) : [name],
    );
    return (await Promise.all(found)).flat();
  }

  /** @param uri `mlflow-artifacts:/…` of the folder. */
  async download(uri: string, path: string): Promise<Uint8Array> {
    const answer = await this.#send({ method: "GET", path: artifactAddress(uri, path) });
    return new Uint8Array(await answer.arrayBuffer());
  }

  /** @param uri `mlflow-artifacts:/…` of the folder. */
  async upload(uri: string, path: string, content: string | Uint8Array): Promise<void> {
    await this.#send({
      method: "PUT",
      path: artifactAddress(uri, path),
      body: content,
      type: "application/octet-stream",
    });
  }

  async #send(sent: Sent): Promise<Response> {
    let pause = firstPauseMs;
    for (let left = tries - 1; ; left--) {
      const answer = await this.#once(sent).catch((error: unknown) => error as Error);
      if (!(answer instanceof Error) && answer.ok) return answer;
      const again = answer instanceof Error || retried.has(answer.status);
      if (left === 0 || !again) throw await this.#failure(sent, answer);
      await delay(pause);
      pause *= 2;
    }
  }

  #once({ method, path, body, type }: Sent): Promise<Response> {
    const { uri, authorization } = this.#server;
    return fetch(uri + path, {
      method,
      headers: {
        ...(type === undefined ? {} : { "content-type": type }),
        ...(authorization === null ? {} : { authorization }),
      },
      ...(body === undefined ? {} : { body: body as NonNullable<RequestInit["body"]> }),
      signal: AbortSignal.timeout(timeoutMs),
    });
  }

  async #failure({ method, path }: Sent, answer: Response | Error): Promise<TradewindError> {
    const asked = `${method} ${path.split("?")[0]}`;
    if (answer instanceof Error) {
      const cause = answer.cause instanceof Error ? answer.cause.message : answer.message;
      return new TradewindError(
        "TW_TRACKING_SERVER",
        `${asked}: expected an answer of the tracking server at ${this.#server.uri}, got ${cause}`,
        { cause: answer },
      );
    }
    const text = await answer.text();
    let refusal: Refusal = {};
    try {
      refusal = JSON.parse(text) as Refusal;
    } catch {
      // Something before the server answered; its text is told.
    }
    const said = refusal.message ?? complaintsOf(refusal.detail) ?? text.slice(0, 300);
    if (retried.has(answer.status))
      return new TradewindError("TW_TRACKING_SERVER", `${asked}: HTTP ${answer.status}: ${said}`);
    return new TradewindError(
      refusal.error_code === "INVALID_STATE" ? "TW_RUN_STOPPED" : "TW_TRACKING_REFUSED",
      `${said} (${asked}: ${refusal.error_code ?? answer.status})`,
    );
  }
}

function rootOf(uri: string): string {
  const root = /^mlflow-artifacts:\/*(.*)$/.exec(uri)?.[1];
  if (root !== undefined) return root;
  throw new TradewindError(
    "TW_TRACKING_REFUSED",
    `expected artifacts behind the server's proxy (mlflow-artifacts:/…), got ${uri}`,
    { hint: "an experiment with a place of its own for artifacts is reached by Python's client only" },
  );
}

function artifactAddress(uri: string, path: string): string {
  const parts = `${rootOf(uri)}/${path}`.split("/").filter((part) => part !== "");
  return `/api/2.0/mlflow-artifacts/artifacts/${parts.map(encodeURIComponent).join("/")}`;
}

function complaintsOf(detail: unknown): string | null {
  if (typeof detail === "string") return detail;
  if (!Array.isArray(detail)) return null;
  return (detail as { loc?: unknown[]; msg?: string }[])
    .map(({ loc = [], msg = "" }) => `${loc.slice(1).join(".")}: ${msg}`)
    .join("; ");
}
