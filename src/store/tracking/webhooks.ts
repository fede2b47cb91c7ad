/** Webhooks: who is told when something of the registry changes. Secrets are sealed at rest. */
import { TradewindError } from "../../errors.ts";
import type { Executor } from "../connect.ts";
import { type Secrets, webhookPlace } from "../secrets.ts";
import { instant, sql } from "../sql.ts";

export interface Webhook {
  readonly webhookId: string;
  readonly name: string;
  readonly url: string;
  readonly description: string;
  /** `model_version.created`. */
  readonly events: readonly string[];
  readonly status: "ACTIVE" | "DISABLED";
  readonly creationTime: number;
  readonly lastUpdateTime: number;
}

export interface WebhookTarget {
  readonly webhookId: string;
  readonly url: string;
  readonly secret: string | null;
}

const columns = sql`
  webhook_id AS "webhookId", name, url, description, events, status, creation_time AS "creationTime",
  last_update_time AS "lastUpdateTime"`;

function noWebhook(id: string): TradewindError {
  return new TradewindError("TW_TRACKING_NOT_FOUND", `Webhook with ID ${id} not found.`);
}

const isUuid = (id: string): boolean => /^[0-9a-f-]{36}$/i.test(id);

export interface WebhookFields {
  readonly name: string;
  readonly url: string;
  readonly description: string;
  readonly events: readonly string[];
  readonly secret: string | null;
  readonly status: "ACTIVE" | "DISABLED";
}

export async function createWebhook(
  executor: Executor,
  secrets: Secrets,
  webhook: WebhookFields & { webhookId: string },
  now: number,
): Promise<Webhook> {
  const { webhookId, secret } = webhook;
  const sealed = secret === null ? null : secrets.seal(secret, webhookPlace(webhookId));
  const row = await executor.row<Webhook>(sql`
    INSERT INTO webhook (webhook_id, name, url, description, events, secret, status, creation_time, last_update_time)
    VALUES (${webhookId}, ${webhook.name}, ${webhook.url}, ${webhook.description}, ${webhook.events}, ${sealed},
      ${webhook.status}, ${instant(now)}, ${instant(now)})
    RETURNING ${columns}`);
  return row as Webhook;
}

/** @throws TradewindError TW_TRACKING_NOT_FOUND. */
export async function getWebhook(executor: Executor, id: string): Promise<Webhook> {
  const row = isUuid(id)
    ? await executor.row<Webhook>(sql`SELECT ${columns} FROM webhook WHERE webhook_id = ${id}`)
    : null;
  if (row === null) throw noWebhook(id);
  return row;
}

/** The newest first. */
export function listWebhooks(
  executor: Executor,
  page: { limit: number; offset: number },
): Promise<Webhook[]> {
  return executor.rows(sql`
    SELECT ${columns} FROM webhook ORDER BY creation_time DESC, webhook_id LIMIT ${page.limit} OFFSET ${page.offset}`);
}

/** What is undefined stays. @throws TradewindError TW_TRACKING_NOT_FOUND. */
export async function updateWebhook(
  executor: Executor,
  secrets: Secrets,
  id: string,
  change: Partial<WebhookFields>,
  now: number,
): Promise<Webhook> {
  const { webhookId } = await getWebhook(executor, id);
  const sealed =
    change.secret === undefined || change.secret === null
      ? null
      : secrets.seal(change.secret, webhookPlace(webhookId));
  const row = await executor.row<Webhook>(sql`
    UPDATE webhook SET name = coalesce(${change.name}, name), url = coalesce(${change.url}, url),
      description = coalesce(${change.description}, description), events = coalesce(${change.events}, events),
      secret = coalesce(${sealed}, secret), status = coalesce(${change.status}, status),
      last_update_time = ${instant(now)}
    WHERE webhook_id = ${webhookId} RETURNING ${columns}`);
  if (row === null) throw noWebhook(id);
  return row;
}

/** @throws TradewindError TW_TRACKING_NOT_FOUND. */
export async function deleteWebhook(executor: Executor, id: string): Promise<void> {
  const { webhookId } = await getWebhook(executor, id);
  await executor.run(sql`DELETE FROM webhook WHERE webhook_id = ${webhookId}`);
}

interface SealedTarget {
  readonly webhookId: string;
  readonly url: string;
  readonly secret: Buffer | null;
}

function opened(row: SealedTarget, secrets: Secrets): WebhookTarget {
  const secret = row.secret === null ? null : secrets.open(row.secret, webhookPlace(row.webhookId));
  return { ...row, secret };
}

/** Active ones that asked for the event. */
export async function webhooksFor(
  executor: Executor,
  secrets: Secrets,
  event: string,
): Promise<WebhookTarget[]> {
  const rows = await executor.rows<SealedTarget>(sql`
    SELECT webhook_id AS "webhookId", url, secret FROM webhook
    WHERE status = 'ACTIVE' AND ${event} = ANY (events)`);
  return rows.map((row) => opened(row, secrets));
}

/** @throws TradewindError TW_TRACKING_NOT_FOUND. */
export async function webhookTarget(
  executor: Executor,
  secrets: Secrets,
  id: string,
): Promise<WebhookTarget> {
  await getWebhook(executor, id);
  const row = await executor.row<SealedTarget>(
    sql`SELECT webhook_id AS "webhookId", url, secret FROM webhook WHERE webhook_id = ${id}`,
  );
  if (row === null) throw noWebhook(id);
  return opened(row, secrets);
}
