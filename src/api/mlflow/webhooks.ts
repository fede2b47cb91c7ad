/** Webhooks: who wants to be told what. */
import { randomUUID } from "node:crypto";
import { refuse } from "../../core/tracking/limits.ts";
import {
  createWebhook,
  deleteWebhook,
  getWebhook,
  listWebhooks,
  updateWebhook,
  type Webhook,
  webhookTarget,
} from "../../store/tracking/webhooks.ts";
import { pageToken, readPageToken } from "./page-token.ts";
import { missing, type Params } from "./params.ts";
import { requireWebhookUrl } from "./public-address.ts";
import { callsOf, type Rpc } from "./rpc.ts";

const { read, create, edit, remove } = callsOf("Registered Models");

/** What can happen, with what a test says that happened. */
const examples: Readonly<Record<string, unknown>> = {
  "registered_model.created": { name: "example_model", tags: { example: "tag" }, description: "An example" },
  "model_version.created": {
    name: "example_model",
    version: "1",
    source: "models:/123",
    run_id: "abcd1234abcd5678",
    tags: { example: "tag" },
    description: "An example",
  },
  "model_version_tag.set": { name: "example_model", version: "1", key: "example", value: "tag" },
  "model_version_tag.deleted": { name: "example_model", version: "1", key: "example" },
  "model_version_alias.created": { name: "example_model", alias: "champion", version: "1" },
  "model_version_alias.deleted": { name: "example_model", alias: "champion" },
};

function readEvent(given: Params): string {
  const entity = given.requiredText("entity").toLowerCase();
  const action = given.requiredText("action").toLowerCase();
  const event = `${entity}.${action}`;
  if (event in examples) return event;
  throw refuse(`Invalid webhook event '${event}': expected one of ${Object.keys(examples).join(", ")}`);
}

function toWire(webhook: Webhook) {
  return {
    webhook_id: webhook.webhookId,
    name: webhook.name,
    description: webhook.description,
    url: webhook.url,
    events: webhook.events.map((event) => {
      const [entity, action] = event.toUpperCase().split(".");
      return { entity, action };
    }),
    status: webhook.status,
    creation_timestamp: webhook.creationTime,
    last_updated_timestamp: webhook.lastUpdateTime,
  };
}

const statuses = { ACTIVE: 1, DISABLED: 2 } as const;

function requireName(name: string): string {
  if (/^[a-zA-Z0-9](?:[\w.-]{0,61}[a-zA-Z0-9])?$/.test(name)) return name;
  throw refuse(
    `Invalid webhook name '${name}': expected 1 to 63 letters, digits, '_', '-' and '.', with a letter or digit at both ends`,
  );
}

const add: Rpc["handle"] = async ({ given, now }, { database, secrets, config }) => {
  const name = requireName(given.requiredText("name"));
  const url = requireWebhookUrl(given.requiredText("url"), config.tracking.webhooksAnywhere).href;
  const events = given.list("events").map(readEvent);
  if (events.length === 0) throw missing("events");
  const webhook = await createWebhook(
    database,
    secrets,
    {
      webhookId: randomUUID(),
      name,
      url,
      events,
      description: given.text("description") ?? "",
      secret: given.text("secret") || null,
      status: given.word("status", statuses) ?? "ACTIVE",
    },
    now,
  );
  return { webhook: toWire(webhook) };
};

const change: Rpc["handle"] = async ({ given, now }, { database, secrets, config }) => {
  const name = given.text("name");
  const url = given.text("url");
  const description = given.text("description");
  const status = given.word("status", statuses);
  const secret = given.text("secret") || null;
  const events = given.list("events").map(readEvent);
  const webhook = await updateWebhook(
    database,
    secrets,
    given.requiredText("webhook_id"),
    {
      ...(name === null ? {} : { name: requireName(name) }),
      ...(url === null ? {} : { url: requireWebhookUrl(url, config.tracking.webhooksAnywhere).href }),
      ...(description === null ? {} : { description }),
      ...(status === null ? {} : { status }),
      ...(secret === null ? {} : { secret }),
      ...(events.length === 0 ? {} : { events }),
    },
    now,
  );
  return { webhook: toWire(webhook) };
};

const test: Rpc["handle"] = async ({ given }, { database, secrets, webhooks }) => {
  const id = given.requiredText("webhook_id");
  const { events } = await getWebhook(database, id);
  const asked = given.message("event");
  const event = asked === null ? (events[0] as string) : readEvent(asked);
  const { status, body, error } = await webhooks.deliver(
    await webhookTarget(database, secrets, id),
    event,
    examples[event],
  );
  return {
    result: {
      success: status !== null && status >= 200 && status < 300,
      ...(status === null ? {} : { response_status: status }),
      ...(body === "" ? {} : { response_body: body }),
      ...(error === null ? {} : { error_message: error }),
    },
  };
};

export const webhookCalls: readonly Rpc[] = [
  create("POST", "webhooks", add),
  read("GET", "webhooks", async ({ given }, { database }) => {
    const limit = given.maxResults(100, 1000);
    const offset = readPageToken(given.text("page_token"));
    const rows = await listWebhooks(database, { limit: limit + 1, offset });
    return {
      ...(rows.length === 0 ? {} : { webhooks: rows.slice(0, limit).map(toWire) }),
      ...(rows.length > limit ? { next_page_token: pageToken(offset + limit) } : {}),
    };
  }),
  read("GET", "webhooks/:webhook_id", async ({ given }, { database }) => ({
    webhook: toWire(await getWebhook(database, given.requiredText("webhook_id"))),
  })),
  edit("PATCH", "webhooks/:webhook_id", change),
  remove("DELETE", "webhooks/:webhook_id", async ({ given }, { database }) =>
    deleteWebhook(database, given.requiredText("webhook_id")),
  ),
  edit("POST", "webhooks/:webhook_id/test", test),
];
