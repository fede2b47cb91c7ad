/** Values under names of secrets: tasks take them, and no answer to a person holds them. */
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { expect, it } from "vitest";
import { findXCom, setXCom } from "../../src/store/xcoms.ts";
import { addDag, addInstance, addRun, noon, task } from "../store/rows.ts";
import { freshApi } from "../support/api.ts";

const secret = "hunter2222";
const entries = "/api/v2/dags/churn/dagRuns/r/taskInstances/load/xcomEntries";
const page = "/ui/dags/churn/runs/r/tasks/load";

async function world() {
  const api = await freshApi({ environment: { TRADEWIND__CORE__SENSITIVE_NAMES: "IBAN, pin" } });
  const { versionId } = await addDag(api.database, "churn", { tasks: [task("load")] });
  const run = await addRun(api.database, "churn", "r", { state: "success", versionId });
  await addInstance(api.database, run.id, "load", { state: "success" });
  const at = (key: string) => ({ runPk: run.id, taskId: "load", mapIndex: -1, key });
  return { api, at };
}

it("an XCom whose key names a secret is hidden wherever it is shown, and stays what it is", async () => {
  const { api, at } = await world();
  await setXCom(api.database, at("return_value"), { value: "plain" }, noon);
  await setXCom(api.database, at("api_token"), { value: { inner: secret } }, noon);
  await setXCom(api.database, at("customer_iban"), { value: secret }, noon);
  for (const key of ["api_token", "customer_iban"]) {
    for (const query of ["", "?stringify=true", "?deserialize=true"])
      expect(await api.get(`${entries}/${key}${query}`)).toMatchObject({
        status: 200,
        body: { key, value: "***" },
      });
    expect((await findXCom(api.database, at(key)))?.value).not.toBe("***");
  }
  expect(await api.get(`${entries}/return_value`)).toMatchObject({ body: { value: "plain" } });
  const created = await api.call("POST", entries, { body: { key: "password", value: secret } });
  expect(created).toMatchObject({ status: 201, body: { value: "***" } });
  const changed = await api.call("PATCH", `${entries}/password`, { body: { value: `${secret} again` } });
  expect(changed).toMatchObject({ status: 200, body: { value: "***" } });
  const shown = await Promise.all(
    [`${page}/xcoms`, "/ui/xcoms", "/api/v2/eventLogs"].map((path) => api.get(path)),
  );
  expect(shown.map(({ status }) => status)).toEqual([200, 200, 200]);
  const texts = shown.map(({ body }) => JSON.stringify(body));
  expect(texts.join()).not.toContain(secret);
  expect(texts.join()).toContain("plain");
});

it("the file of such a value is not given out", async () => {
  const { api, at } = await world();
  const folder = join(api.parts.config.paths.artifacts, "xcom");
  mkdirSync(folder, { recursive: true });
  const path = join(folder, "value.json");
  writeFileSync(path, JSON.stringify(secret));
  const ref = { uri: pathToFileURL(path).href, bytes: 12, mediaType: "application/json" };
  await setXCom(api.database, at("private_key"), { ref }, noon);
  expect((await api.get(`${page}/xcom-file?key=private_key`)).status).toBe(403);
  expect(await api.get(`${entries}/private_key`)).toMatchObject({ body: { value: "***" } });
  expect(JSON.stringify((await api.get(`${page}/xcoms`)).body)).not.toContain("value.json");
});

it("a variable is hidden under the names of the setting, too", async () => {
  const { api } = await world();
  for (const key of ["db_password", "shop_iban", "Pin"])
    expect(await api.call("POST", "/api/v2/variables", { body: { key, value: secret } })).toMatchObject({
      status: 201,
      body: { value: "***" },
    });
  const list = await api.get("/api/v2/variables");
  expect(JSON.stringify(list.body)).not.toContain(secret);
});
