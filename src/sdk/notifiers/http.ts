/** Webhooks as callbacks. */
import { BaseNotifier } from "../callbacks.ts";
import { getClient, type TaskContext } from "../context.ts";
import { summaryOf } from "./smtp.ts";

export interface HttpNotifierOptions {
  /** Path under the connection's base URL, or a whole URL. Default: the base URL itself. */
  readonly endpoint?: string;
  /** Null where the endpoint is a whole URL. Default "http_default". */
  readonly httpConnId?: string | null;
  /** Default "POST". */
  readonly method?: string;
  readonly headers?: { readonly [name: string]: string };
  /** Sent as JSON. Default: Dag, task, run, try and reason. */
  readonly data?: unknown;
}

/** Calls a URL about what happened (Airflow's HttpNotifier). Endpoint, headers and data are templates. */
export class HttpNotifier extends BaseNotifier {
  override readonly templateFields = ["options"];
  readonly options: HttpNotifierOptions;
  constructor(options: HttpNotifierOptions = {}) {
    super();
    this.options = options;
  }

  async notify(context: TaskContext): Promise<void> {
    const { endpoint = "", httpConnId = "http_default", method = "POST", headers, data } = this.options;
    const { dagId, taskId, runId, mapIndex, tryNumber, reason = null } = context;
    await post(httpConnId, {
      endpoint,
      method,
      data: data ?? { dagId, taskId, runId, mapIndex, tryNumber, reason },
      ...(headers === undefined ? {} : { headers }),
    });
  }
}

export interface SlackNotifierOptions {
  /** A whole URL, or none: then the connection's host and password make it, as in Airflow. */
  readonly webhookUrl?: string;
  /** Default "slack_default". */
  readonly slackWebhookConnId?: string;
  /** Default: Dag, task, run, try and reason. */
  readonly text?: string;
  /** Slack's Block Kit. */
  readonly blocks?: readonly unknown[];
}

/**
 * Posts to a Slack webhook, or to anything that takes `{ text, blocks }` as Slack does (Airflow's
 * SlackWebhookNotifier).
 */
export class SlackWebhookNotifier extends BaseNotifier {
  override readonly templateFields = ["options"];
  readonly options: SlackNotifierOptions;
  constructor(options: SlackNotifierOptions = {}) {
    super();
    this.options = options;
  }

  async notify(context: TaskContext): Promise<void> {
    const {
      webhookUrl,
      slackWebhookConnId = "slack_default",
      text = summaryOf(context),
      blocks,
    } = this.options;
    const data = { text, ...(blocks === undefined ? {} : { blocks }) };
    if (webhookUrl !== undefined) return post(null, { endpoint: webhookUrl, method: "POST", data });
    const connection = await getClient().getConnectionOrThrow(slackWebhookConnId);
    const { host, password, ...rest } = connection;
    const base = /^https?:\/\//.test(host ?? "")
      ? (host ?? "")
      : `https://${host || "hooks.slack.com/services"}`;
    // The token is the end of the URL and no login: only the rest of the connection goes to the hook.
    const token = (password ?? "").replace(/^\//, "");
    const endpoint = token.startsWith("http")
      ? token
      : `${base.replace(/\/$/, "")}${token === "" ? "" : `/${token}`}`;
    const { HttpHook } = await import("../../providers/http.ts");
    const hook = new HttpHook({ ...rest, host: null, password: null, login: null });
    await hook.requestOk({ endpoint, method: "POST", data });
  }
}

async function post(
  connId: string | null,
  request: { endpoint: string; method: string; headers?: { readonly [name: string]: string }; data: unknown },
): Promise<void> {
  const { HttpHook } = await import("../../providers/http.ts");
  const connection = connId === null ? null : await getClient().getConnectionOrThrow(connId);
  await new HttpHook(connection).requestOk(request);
}
