/**
 * Tells webhooks what happened: signed, a few at a time, tried again when the other side is not well. It never holds up
 * the call that made it happen, and never fails it; what could not be delivered is in the log.
 *
 * The signature is of the Standard Webhooks convention, under MLflow's header names:
 * `v1,` and the HMAC-SHA256 of `<delivery id>.<unix seconds>.<body>` in base64.
 */
import { createHmac, randomUUID } from "node:crypto";
import { request as httpRequest } from "node:http";
import { request as httpsRequest } from "node:https";
import { type WebhookTarget, webhooksFor } from "../../store/tracking/webhooks.ts";
import type { ApiParts } from "../parts.ts";
import { publicLookup, requireWebhookUrl } from "./public-address.ts";

export interface Delivery {
  readonly status: number | null;
  readonly body: string;
  readonly error: string | null;
}

export interface WebhookSender {
  /** Looks for who asked for the event, and tells them behind the caller's back. */
  send(event: string, data: unknown): void;
  /** Tells an address that somebody named, behind the caller's back. `data.text` is what a chat shows. */
  tell(target: WebhookTarget, event: string, data: { readonly text: string }): void;
  /** One try, now. */
  deliver(target: WebhookTarget, event: string, data: unknown): Promise<Delivery>;
  /** Resolves when nothing is on its way. */
  idle(): Promise<void>;
}

const tries = 4;
const firstPauseMs = 1000;
const timeoutMs = 30_000;
const atOnce = 10;
const longestAnswer = 10_000;
const retried = new Set([429, 500, 502, 503, 504]);

type Parts = Pick<ApiParts, "database" | "secrets" | "clock" | "config" | "log">;

export function createWebhookSender(parts: Parts): WebhookSender {
  const waiting: (() => Promise<void>)[] = [];
  const idlers: (() => void)[] = [];
  let running = 0;

  const next = (): void => {
    while (running < atOnce) {
      const job = waiting.shift();
      if (job === undefined) break;
      running += 1;
      void job().finally(() => {
        running -= 1;
        next();
      });
    }
    if (running === 0) for (const resolve of idlers.splice(0)) resolve();
  };

  const enqueue = (job: () => Promise<void>): void => {
    waiting.push(async () => {
      await job().catch((error: unknown) => parts.log.error({ err: error }, "a webhook could not be told"));
    });
    next();
  };

  return {
    send: (event, data) =>
      enqueue(async () => {
        for (const target of await webhooksFor(parts.database, parts.secrets, event))
          enqueue(() => deliverWithRetries(parts, target, event, data));
      }),
    tell: (target, event, { text, ...data }) =>
      enqueue(() => deliverWithRetries(parts, target, event, data, { text })),
    deliver: (target, event, data) => deliverOnce(parts, target, message(parts, event, data)),
    idle: () => (running === 0 ? Promise.resolve() : new Promise((resolve) => idlers.push(resolve))),
  };
}

interface Message {
  readonly id: string;
  readonly body: string;
}

function message({ clock }: Parts, event: string, data: unknown, beside: object = {}): Message {
  const [entity, action] = event.split(".");
  const body = { ...beside, entity, action, timestamp: new Date(clock.now()).toISOString(), data };
  return { id: randomUUID(), body: JSON.stringify(body) };
}

async function deliverWithRetries(
  parts: Parts,
  target: WebhookTarget,
  event: string,
  data: unknown,
  beside: object = {},
): Promise<void> {
  const sent = message(parts, event, data, beside);
  let pause = firstPauseMs;
  for (let left = tries - 1; ; left--) {
    const { status, error } = await deliverOnce(parts, target, sent);
    if (error === null && status !== null && !retried.has(status)) return;
    if (left === 0) {
      parts.log.warn(
        { webhook: target.webhookId, event, status, error },
        "a webhook was not told: it did not answer",
      );
      return;
    }
    await new Promise<void>((resolve) => parts.clock.after(pause, resolve));
    pause *= 2;
  }
}

function headersOf({ clock }: Parts, target: WebhookTarget, { id, body }: Message): Record<string, string> {
  const seconds = String(Math.floor(clock.now() / 1000));
  const headers = {
    "content-type": "application/json",
    "content-length": String(Buffer.byteLength(body)),
    "X-MLflow-Delivery-Id": id,
    "X-MLflow-Timestamp": seconds,
  };
  if (target.secret === null) return headers;
  const signature = createHmac("sha256", target.secret).update(`${id}.${seconds}.${body}`).digest("base64");
  return { ...headers, "X-MLflow-Signature": `v1,${signature}` };
}

/** Redirects are answers: they could lead anywhere. */
function deliverOnce(parts: Parts, target: WebhookTarget, sent: Message): Promise<Delivery> {
  const anywhere = parts.config.tracking.webhooksAnywhere;
  return new Promise((resolve) => {
    const failed = (error: unknown): void =>
      resolve({ status: null, body: "", error: error instanceof Error ? error.message : String(error) });
    try {
      const url = requireWebhookUrl(target.url, anywhere);
      const options = {
        method: "POST",
        headers: headersOf(parts, target, sent),
        signal: AbortSignal.timeout(timeoutMs),
        ...(anywhere ? {} : { lookup: publicLookup }),
      };
      const request = (url.protocol === "https:" ? httpsRequest : httpRequest)(url, options, (answer) => {
        let body = "";
        answer.setEncoding("utf8");
        answer.on("data", (text: string) => {
          body = (body + text).slice(0, longestAnswer);
        });
        answer.on("end", () => resolve({ status: answer.statusCode ?? null, body, error: null }));
        answer.on("error", failed);
      });
      request.on("error", failed);
      request.end(sent.body);
    } catch (error) {
      failed(error);
    }
  });
}
