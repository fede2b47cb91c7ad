/** Webhooks: told of what changes in the registry, signed, and never led into the own network. */
import { createHmac } from "node:crypto";
import { once } from "node:events";
import { createServer, type IncomingMessage } from "node:http";
import type { AddressInfo } from "node:net";
import { text } from "node:stream/consumers";
import { expect, onTestFinished, test } from "vitest";
import { isPublicAddress } from "../../../src/api/mlflow/public-address.ts";
import { freshApi } from "../../support/api.ts";

const base = "/api/2.0/mlflow/";
type Json = ReturnType<typeof JSON.parse>;

interface Told {
  readonly headers: IncomingMessage["headers"];
  readonly body: string;
}

async function listener() {
  const server = createServer(async (request, response) => {
    const body = await text(request);
    response.end("thanks");
    server.emit("told", { headers: request.headers, body });
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  onTestFinished(() => void server.close());
  const { port } = server.address() as AddressInfo;
  const next = (): Promise<Told> => once(server, "told").then(([told]) => told as Told);
  return { url: `http://127.0.0.1:${port}/hook`, next };
}

const events = [{ entity: "MODEL_VERSION_ALIAS", action: "CREATED" }];

test("an alias that is set is told, with a signature that its receiver can check", async () => {
  const api = await freshApi({ environment: { TRADEWIND__TRACKING__WEBHOOKS_ANYWHERE: "true" } });
  const { url, next } = await listener();
  const created = await api.call<Json>("POST", `${base}webhooks`, {
    body: { name: "deploy", url, events, secret: "between us" },
  });
  expect(created.body.webhook).toMatchObject({ name: "deploy", url, events, status: "ACTIVE" });
  expect(JSON.stringify(created.body)).not.toContain("between us");
  await api.call("POST", `${base}registered-models/create`, { body: { name: "m" } });
  await api.call("POST", `${base}model-versions/create`, { body: { name: "m", source: "s3://b/m" } });
  const told = next();
  await api.call("POST", `${base}registered-models/alias`, {
    body: { name: "m", alias: "live", version: "1" },
  });
  const { headers, body } = await told;
  expect(JSON.parse(body)).toMatchObject({
    entity: "model_version_alias",
    action: "created",
    data: { name: "m", alias: "live", version: "1" },
  });
  const signed = `${headers["x-mlflow-delivery-id"]}.${headers["x-mlflow-timestamp"]}.${body}`;
  const mac = createHmac("sha256", "between us").update(signed).digest("base64");
  expect(headers["x-mlflow-signature"]).toBe(`v1,${mac}`);
  const tried = next();
  const id = created.body.webhook.webhook_id;
  const result = await api.call<Json>("POST", `${base}webhooks/${id}/test`, { body: {} });
  expect(result.body.result).toEqual({ success: true, response_status: 200, response_body: "thanks" });
  await tried;
});

test.each([
  "https://127.0.0.1/x",
  "https://[::1]/x",
  "https://169.254.169.254/latest",
  "https://10.0.0.1",
  "https://localhost:8443/",
  "http://example.org/",
  "ftp://example.org/",
  "https://user:pw@example.org/",
  "nonsense",
])("the address %s is refused", async (url) => {
  const api = await freshApi();
  expect(await api.call("POST", `${base}webhooks`, { body: { name: "w", url, events } })).toMatchObject({
    status: 400,
    body: { error_code: "INVALID_PARAMETER_VALUE" },
  });
});

test("knows which addresses are public, in every spelling", () => {
  for (const address of ["8.8.8.8", "2606:4700:4700::1111"]) expect(isPublicAddress(address)).toBe(true);
  for (const address of [
    "127.0.0.1",
    "172.16.0.1",
    "100.64.0.1",
    "::1",
    "fe80::1",
    "fd00::1",
    "::ffff:10.0.0.1",
    "0.0.0.0",
    "x",
  ])
    expect(isPublicAddress(address)).toBe(false);
});

test("an event that there is none of is refused with those there are", async () => {
  const api = await freshApi();
  const body = { name: "w", url: "https://example.org/", events: [{ entity: "PROMPT", action: "CREATED" }] };
  expect(await api.call<Json>("POST", `${base}webhooks`, { body })).toMatchObject({
    status: 400,
    body: { message: expect.stringContaining("registered_model.created") },
  });
});
