/** The artifact proxy: bytes in, bytes out, and nothing half-written. */

import { once } from "node:events";
import { existsSync, readdirSync } from "node:fs";
import { request } from "node:http";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { createApi, type TestApi } from "../../support/api.ts";

let api: TestApi;
beforeAll(async () => {
  api = await createApi();
});
afterAll(() => api.stop());

const base = "/api/2.0/mlflow-artifacts";

async function put(
  path: string,
  body: string | Uint8Array,
  headers: Record<string, string> = {},
): Promise<Response> {
  return fetch(`${api.url}${base}/artifacts/${path}`, {
    method: "PUT",
    body: body as NonNullable<RequestInit["body"]>,
    headers: { ...(await api.signedIn("Admin")), ...headers },
  });
}

const root = (): string => join(api.parts.config.paths.artifacts, "mlflow-artifacts");

describe("files", () => {
  test("come back as they went, with their type, and never as a page", async () => {
    expect((await put("0/r/artifacts/a/page.html", "<script>1</script>")).status).toBe(200);
    const answer = await fetch(`${api.url}${base}/artifacts/0/r/artifacts/a/page.html`, {
      headers: await api.signedIn("Admin"),
    });
    expect(await answer.text()).toBe("<script>1</script>");
    expect(Object.fromEntries(answer.headers)).toMatchObject({
      "content-type": "text/html",
      "x-content-type-options": "nosniff",
      "content-disposition": "attachment; filename*=UTF-8''page.html",
      "content-security-policy": "sandbox; default-src 'none'",
    });
  });

  test("a body that says that it is JSON is bytes like others", async () => {
    expect(
      (await put("0/r/artifacts/x.json", "{not json", { "content-type": "application/json" })).status,
    ).toBe(200);
    expect((await put("0/r/artifacts/empty", "")).status).toBe(200);
    const listed = await api.get(`${base}/artifacts?path=0/r/artifacts`);
    expect(listed.body).toEqual({
      files: [
        { path: "a", is_dir: true },
        { path: "empty", is_dir: false, file_size: 0 },
        { path: "x.json", is_dir: false, file_size: 9 },
      ],
    });
  });

  test("a folder, and what is not there, is a 404 in JSON; a list of it is empty", async () => {
    for (const path of ["0/r/artifacts/a", "0/nowhere"])
      expect(await api.get(`${base}/artifacts/${path}`)).toMatchObject({
        status: 404,
        body: { error_code: "RESOURCE_DOES_NOT_EXIST" },
      });
    expect((await api.get(`${base}/artifacts?path=nowhere`)).body).toEqual({});
  });

  test.each(["0/%2e%2e/x", "..%2f..%2fx", "0/a%00b", "0/%5c..%5cx", "a/./b", "%2fetc/passwd"])(
    "the path %s is refused",
    async (path) => {
      // fetch itself would resolve some of these.
      const sent = request(`${api.url}${base}/artifacts/`, {
        method: "PUT",
        path: `${base}/artifacts/${path}`,
        headers: { ...(await api.signedIn("Admin")), "content-length": 1 },
      });
      sent.end("x");
      const [answer] = await once(sent, "response");
      expect(answer.statusCode).toBe(400);
      answer.resume();
      expect((await api.get(`${base}/artifacts?path=..%2f..`)).status).toBe(400);
    },
  );

  test("a name below a file, or of a folder, is a clear refusal", async () => {
    await put("0/file", "x");
    for (const path of ["0/file/below", "0"]) expect((await put(path, "x")).status).toBe(400);
  });

  test("an upload that breaks off leaves nothing", async () => {
    const sent = request(`${api.url}${base}/artifacts/0/half`, {
      method: "PUT",
      headers: { ...(await api.signedIn("Admin")), "content-length": 1000 },
    });
    sent.on("error", () => undefined);
    sent.write("the first part");
    await once(sent, "socket");
    await expect.poll(() => readdirSync(join(root(), ".uploads")).length).toBe(1);
    sent.destroy();
    await expect.poll(() => readdirSync(join(root(), ".uploads")).length).toBe(0);
    expect(existsSync(join(root(), "0", "half"))).toBe(false);
  });
});

test("a file in parts is there when it is complete, in the order of its parts", async () => {
  const path = `${base}/mpu`;
  const { body } = await api.call<{
    upload_id: string;
    credentials: { url: string; part_number: number }[];
  }>("POST", `${path}/create/0/r/artifacts`, { body: { path: "/home/me/big.bin", num_parts: 2 } });
  const parts = [];
  for (const { url, part_number } of body.credentials.toReversed()) {
    // Clients send parts without signing in.
    const answer = await fetch(url, { method: "PUT", body: `part ${part_number};` });
    parts.push({ part_number, etag: answer.headers.get("etag"), url });
  }
  const missing = [...parts, { part_number: 3, etag: "x" }];
  const complete = (given: unknown) =>
    api.call("POST", `${path}/complete/0/r/artifacts`, {
      body: { path: "/home/me/big.bin", upload_id: body.upload_id, parts: given },
    });
  expect(await complete(missing)).toMatchObject({ status: 400 });
  expect(await complete(parts)).toMatchObject({ status: 200 });
  expect((await api.get(`${base}/artifacts/0/r/artifacts/big.bin`)).body).toBe("part 1;part 2;");
  expect(await complete(parts)).toMatchObject({ status: 400 });
});

test("artifacts of a run are listed and fetched by the run", async () => {
  const { body } = await api.call<{ run: { info: { run_id: string } } }>(
    "POST",
    "/api/2.0/mlflow/runs/create",
    {
      body: { experiment_id: "0" },
    },
  );
  const id = body.run.info.run_id;
  await put(`0/${id}/artifacts/d/MLmodel`, "flavors: {}");
  expect((await api.get(`/api/2.0/mlflow/artifacts/list?run_id=${id}&path=d`)).body).toEqual({
    root_uri: `mlflow-artifacts:/0/${id}/artifacts`,
    files: [{ path: "d/MLmodel", is_dir: false, file_size: 11 }],
  });
  expect(await api.get(`/get-artifact?run_uuid=${id}&path=d/MLmodel`)).toMatchObject({ body: "flavors: {}" });
  expect((await api.get(`/get-artifact?run_uuid=${id}&path=../../x`)).status).toBe(400);
});
