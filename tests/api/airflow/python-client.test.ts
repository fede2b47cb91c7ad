import { spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { expect, test } from "vitest";
import { putImportError } from "../../../src/store/import-errors.ts";
import { dagSpecOf, returned } from "../../core/support/build-dag.ts";
import { hasPackages, requirePython } from "../../python/find-python.ts";
import { passwordOf, userOf } from "../../support/api.ts";
import { success } from "../../support/scripted-executor.ts";
import { airflowWorld } from "./world.ts";

const asset = { asset: { name: "table", uri: "s3://bucket/table" } };
const other = { asset: { name: "other", uri: "s3://bucket/other" } };
const assets = [asset, other].map(({ asset: one }) => ({ ...one, group: "asset", extra: {} }));

const question = {
  subject: "Go on?",
  body: "Please decide",
  options: ["Approve", "Reject"],
  defaults: null,
  multiple: false,
  params: { comment: { value: "", description: null, schema: { type: "string" } } },
  assignedUsers: [],
  timeout: null,
};

async function world() {
  const here = await airflowWorld((start) => {
    if (start.task.taskId === "question" && start.resume === undefined)
      return { result: { outcome: "awaiting_input", request: question }, xcoms: [] };
    // Its backfill goes on for as long as the client looks at it.
    if (start.task.dagId === "daily") return "hang";
    return success(start.task.taskId === "extract" ? [1, 2] : start.task.taskId);
  });
  const etl = dagSpecOf({
    extract: {},
    double: { after: ["extract"], mapped: { expand: { x: returned("extract") } } },
    load: { after: ["double"], outlets: [asset, { alias: { name: "tables", group: "asset" } }] },
    "inner.one": { groupId: "inner" },
  });
  const group = { groupId: "inner", parentGroupId: null, label: "inner", tooltip: "" };
  await here.store({ ...etl, dagId: "etl", tags: ["etl"], assets, taskGroups: [group] });
  const both = { kind: "asset" as const, assets: { all: [asset, other] } };
  await here.store({ ...dagSpecOf({ a: {} }), dagId: "both", assets, timetable: both });
  await here.store({ ...dagSpecOf({ question: {} }), dagId: "ask" });
  const daily = { kind: "cron-data-interval" as const, cron: "@daily", timezone: "UTC" };
  await here.store({
    ...dagSpecOf({ a: {} }),
    dagId: "daily",
    timetable: daily,
    startDate: "2024-01-01T00:00:00Z",
  });
  await here.store({ ...dagSpecOf({ a: {} }), dagId: "gone" });
  await putImportError(here.database, {
    bundleName: "dags-folder",
    relativeFile: "broken.py",
    occurredAt: Date.now(),
    code: "TW_DAG_IMPORT",
    message: "no",
    stacktrace: "SyntaxError: no",
    line: 1,
    column: 1,
  });
  return here;
}

test("the Python client of Airflow, unchanged, drives every operation that it has", async ({ skip }) => {
  skip(!hasPackages("airflow_client"), "the Python environment has no apache-airflow-client");
  const here = await world();
  await here.signedIn("Admin");
  const credentials = { username: userOf("Admin"), password: passwordOf("Admin") };
  const signIn = { as: "nobody", body: credentials } as const;
  const { body } = await here.call<{ access_token: string }>("POST", "/auth/token", signIn);
  const script = join(import.meta.dirname, "drive-client.py");
  const child = spawn(requirePython(), [script, here.url, body.access_token], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  let output = "";
  child.stdout.on("data", (chunk) => (output += chunk));
  await once(child, "close");
  const outcomes = JSON.parse(output) as { [operation: string]: string };
  const { "the answer reaches the task": answered, ...operations } = outcomes;
  expect(answered).toBe("success");
  expect(Object.entries(operations).filter(([, outcome]) => outcome !== "ok")).toEqual([]);
  expect(Object.keys(operations).length).toBeGreaterThanOrEqual(130);
}, 120_000);
