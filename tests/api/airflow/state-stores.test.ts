/** What the API takes for state stores: when it goes, and how large it may be. */
import { expect, it } from "vitest";
import { addDag, addInstance, addRun, task } from "../../store/rows.ts";
import { freshApi } from "../../support/api.ts";

const path = "/api/v2/dags/jobs/dagRuns/one/taskInstances/submit/state-store";

async function withInstance(environment: Record<string, string> = {}) {
  const api = await freshApi({ environment });
  const { versionId } = await addDag(api.database, "jobs", { tasks: [task("submit")] });
  const run = await addRun(api.database, "jobs", "one", { versionId });
  await addInstance(api.database, run.id, "submit", {});
  return api;
}

const daysUntil = (text: string | null): number | null =>
  text === null ? null : Math.round((Date.parse(text) - Date.now()) / 86_400_000);

it("a value goes when it says so, never, or after the days of the setting", async () => {
  const api = await withInstance({ AIRFLOW__STATE_STORE__DEFAULT_RETENTION_DAYS: "7" });
  const at = new Date(Date.now() + 3 * 86_400_000).toISOString();
  for (const [key, more] of [
    ["usual", {}],
    ["never", { expires_at: null }],
    ["soon", { expires_at: at }],
  ] as const)
    expect((await api.call("PUT", `${path}/${key}`, { body: { value: 1, ...more } })).status).toBe(204);
  const { body } = await api.get<{ task_state_store: { key: string; expires_at: string | null }[] }>(path);
  expect(body.task_state_store.map(({ key, expires_at: until }) => [key, daysUntil(until)])).toEqual([
    ["never", null],
    ["soon", 3],
    ["usual", 7],
  ]);
});

it("a value over state_store.max_value_storage_bytes is refused, with both sizes", async () => {
  const api = await withInstance({ AIRFLOW__STATE_STORE__MAX_VALUE_STORAGE_BYTES: "10" });
  expect((await api.call("PUT", `${path}/a`, { body: { value: "12345678" } })).status).toBe(204);
  for (const [method, key] of [
    ["PUT", "b"],
    ["PATCH", "a"],
  ] as const)
    expect(await api.call(method, `${path}/${key}`, { body: { value: "123456789" } })).toMatchObject({
      status: 422,
      body: { detail: expect.stringContaining("max_value_storage_bytes (10): it has 11 bytes") },
    });
  const unlimited = await withInstance({ AIRFLOW__STATE_STORE__MAX_VALUE_STORAGE_BYTES: "0" });
  expect((await unlimited.call("PUT", `${path}/a`, { body: { value: "x".repeat(100_000) } })).status).toBe(
    204,
  );
});
