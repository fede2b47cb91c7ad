/** Files of values that are too large for their rows. */
import { mkdirSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { expect, it } from "vitest";
import { setXCom } from "../../src/store/xcoms.ts";
import { addDag, addRun, noon, task } from "../store/rows.ts";
import { freshApi } from "../support/api.ts";

async function apiWithFiles() {
  const api = await freshApi();
  const { versionId } = await addDag(api.database, "churn", { tasks: [task("load")] });
  const run = await addRun(api.database, "churn", "r", { state: "success", versionId });
  const root = api.parts.config.paths.artifacts;
  mkdirSync(join(root, "xcom"), { recursive: true });
  const put = (key: string, path: string, mediaType = "application/vnd.apache.parquet") =>
    setXCom(
      api.database,
      { runPk: run.id, taskId: "load", mapIndex: -1, key },
      { ref: { uri: pathToFileURL(path).href, bytes: 4, mediaType } },
      noon,
    );
  const get = (key: string) => api.get<string>(`/ui/dags/churn/runs/r/tasks/load/xcom-file?key=${key}`);
  return { api, root, put, get };
}

it("gives out the bytes of a value as a download that no browser interprets", async () => {
  const { root, put, get } = await apiWithFiles();
  const path = join(root, "xcom", "frame.parquet");
  writeFileSync(path, "PAR1");
  await put("frame", path);
  const answer = await get("frame");
  expect(answer.body).toBe("PAR1");
  expect(answer.headers.get("content-type")).toBe("application/octet-stream");
  expect(answer.headers.get("content-disposition")).toContain("frame.parquet");
  expect(answer.headers.get("content-security-policy")).toContain("sandbox");
});

it("gives out no file outside of the artifact root, whatever leads there, and none that is gone", async () => {
  const { api, root, put, get } = await apiWithFiles();
  const secret = join(root, "..", "secret.txt");
  writeFileSync(secret, "secret");
  await put("outside", secret);
  const link = join(root, "xcom", "link.parquet");
  symlinkSync(secret, link);
  await put("link", link);
  await put("gone", join(root, "xcom", "gone.parquet"));
  await setXCom(api.database, { runPk: 1, taskId: "load", mapIndex: -1, key: "plain" }, { value: 1 }, noon);
  for (const key of ["outside", "link", "gone", "plain", "nothing"])
    expect((await get(key)).status, key).toBe(404);
  expect((await api.get("/ui/dags/churn/runs/none/tasks/load/xcom-file?key=a")).status).toBe(404);
});
