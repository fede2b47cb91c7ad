/** HTTP requests as tasks. */

import type { Json } from "../../core/dag-model.ts";
import { TradewindError } from "../../errors.ts";
import { getClient, type TaskContext } from "../context.ts";
import { type Duration, toSeconds } from "../duration.ts";
import { defineOperator, defineSensor } from "../operator.ts";
import { option } from "../options.ts";
import { defer } from "../outcomes.ts";
import { HttpTrigger } from "../triggers/http.ts";

/** What checks and filters get: the response with its body read. */
export interface HttpAnswer {
  readonly status: number;
  readonly headers: { readonly [name: string]: string };
  readonly text: string;
  /** The body as JSON. */
  json<T = unknown>(): T;
}

export interface HttpOptions {
  /** Path under the connection's base URL, or a whole URL. */
  readonly endpoint: string;
  /** Default "POST", as Airflow has it. */
  readonly method?: string;
  /** An object is the query of a GET and the JSON of the others. */
  readonly data?: unknown;
  readonly headers?: { readonly [name: string]: string };
  /** Default "http_default"; null where the endpoint is a whole URL. */
  readonly httpConnId?: string | null;
  /** Fails the task when it gives false. */
  readonly responseCheck?: (response: HttpAnswer, context: TaskContext) => boolean | Promise<boolean>;
  /** What of the response is the result. Default: the text of the body. */
  readonly responseFilter?: (response: HttpAnswer, context: TaskContext) => unknown;
  /** Logs the body. Default false. */
  readonly logResponse?: boolean;
  /** Seconds until the request is given up. */
  readonly requestTimeout?: Duration;
}

const methods = option.oneOf(["GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS"]);
const connection = option.that(
  "the id of a connection, or null",
  (value) => value === null || (typeof value === "string" && value !== ""),
);

/**
 * Calls an HTTP endpoint (Airflow's HttpOperator). A status of 400 or more fails the task.
 *
 * @example
 * dag.add(new HttpOperator({ taskId: "rates", method: "GET", endpoint: "/rates/{{ ds }}", responseFilter: (r) => r.json() }));
 */
export const HttpOperator = defineOperator<HttpOptions, unknown>({
  name: "HttpOperator",
  options: {
    endpoint: option.string({ required: true }),
    method: methods,
    data: option.any(),
    headers: option.stringMap(),
    httpConnId: connection,
    responseCheck: option.function(),
    responseFilter: option.function(),
    logResponse: option.boolean(),
    requestTimeout: option.duration(),
  },
  templateFields: ["endpoint", "data", "headers"],
  templateExtensions: [],
  uiColor: "#f4a460",
  async execute(options, context) {
    const answer = await ask({ method: "POST", ...options }, context);
    if (options.logResponse) context.logger.info(answer.text);
    if (options.responseCheck && !(await options.responseCheck(answer, context))) {
      throw new TradewindError(
        "TW_CHECK_FAILED",
        `expected responseCheck to accept the answer of ${options.endpoint}, it refused: ${answer.text.slice(0, 500)}`,
      );
    }
    return options.responseFilter ? options.responseFilter(answer, context) : answer.text;
  },
});

export interface HttpSensorOptions extends Omit<HttpOptions, "responseFilter" | "logResponse"> {
  /** Statuses that mean "not yet" instead of failing. Default 404. */
  readonly responseErrorCodesAllowlist?: readonly number[];
  /** Waits without a slot; `responseCheck` is then asked once at the end. Default false. */
  readonly deferrable?: boolean;
}

/** Waits until an HTTP endpoint answers with success (Airflow's HttpSensor). */
export const HttpSensor = defineSensor<HttpSensorOptions, unknown>({
  name: "HttpSensor",
  options: {
    endpoint: option.string({ required: true }),
    method: methods,
    data: option.any(),
    headers: option.stringMap(),
    httpConnId: connection,
    responseCheck: option.function(),
    requestTimeout: option.duration(),
    responseErrorCodesAllowlist: option.array(),
    deferrable: option.boolean(),
  },
  templateFields: ["endpoint", "data", "headers"],
  start(options, context) {
    if (!options.deferrable || options.httpConnId === null) return;
    const { pokeInterval, timeout } = context.task.sensor ?? { pokeInterval: 60, timeout: 604_800 };
    const { endpoint, method = "GET", headers = {}, data = null, httpConnId = "http_default" } = options;
    defer(
      HttpTrigger({
        httpConnId,
        endpoint,
        method,
        headers: { ...headers },
        data: data as Json,
        pollInterval: pokeInterval,
      }),
      { timeout },
    );
  },
  resume: { executeComplete: () => undefined },
  async poke(options, context) {
    try {
      const answer = await ask({ method: "GET", ...options }, context);
      if (!options.responseCheck) return true;
      return await options.responseCheck(answer, context);
    } catch (error) {
      const status = (error as { status?: number }).status;
      if (status !== undefined && (options.responseErrorCodesAllowlist ?? [404]).includes(status))
        return false;
      throw error;
    }
  },
});

async function ask(options: HttpOptions, context: TaskContext): Promise<HttpAnswer> {
  const { HttpHook } = await import("../../providers/http.ts");
  const { httpConnId = "http_default", endpoint, method, data, headers, requestTimeout } = options;
  const absolute = /^https?:\/\//i.test(endpoint);
  const found =
    httpConnId === null
      ? null
      : absolute
        ? await getClient().getConnection(httpConnId)
        : await getClient().getConnectionOrThrow(httpConnId);
  const response = await new HttpHook(found).requestOk({
    endpoint,
    data,
    signal: context.signal,
    ...(method === undefined ? {} : { method }),
    ...(headers === undefined ? {} : { headers }),
    ...(requestTimeout === undefined ? {} : { timeout: toSeconds(requestTimeout) }),
  });
  const text = await response.text();
  context.logger.info(`${method} ${endpoint}: ${response.status}, ${text.length} characters`);
  return {
    status: response.status,
    headers: Object.fromEntries(response.headers),
    text,
    json: <T>() => JSON.parse(text) as T,
  };
}
