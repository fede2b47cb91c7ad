/** Offline runs of Weights & Biases that come in: ours, broken ones, and those of its real client, which reads ours as well. */
import { execFile } from "node:child_process";
import { appendFileSync, readdirSync, readFileSync, truncateSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { promisify } from "node:util";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { clientsPython } from "../../scripts/test-clients.mjs";
import { importWandbRun, TrackingClient, wandbRunFolders } from "../../src/ml/index.ts";
import { OfflineRun } from "../../src/ml/tracking/wandb/offline-run.ts";
import { temporaryFolder } from "../examples/temporary-folder.ts";
import { createApi, type TestApi } from "../support/api.ts";

type Json = ReturnType<typeof JSON.parse>;
const run = promisify(execFile);

let api: TestApi;
let client: TrackingClient;
beforeAll(async () => {
  api = await createApi();
  const { authorization } = await api.signedIn("User");
  client = new TrackingClient({ uri: api.url, authorization: authorization ?? null });
});
afterAll(() => api.stop());

const startedAt = Date.UTC(2026, 0, 2, 3, 4, 5, 678);

async function offlineRun(id: string, steps = 50): Promise<OfflineRun> {
  const folder = await temporaryFolder();
  const offline = new OfflineRun({ folder, id, project: "churn", entity: "team", name: "fit", startedAt });
  offline.config({ trees: 100, kind: "forest", "a weird (key)": { deep: [1] } });
  for (let step = 0; step < steps; step++)
    offline.metrics({ loss: 1 / (step + 1) }, { step, at: startedAt + step * 1000 });
  offline.metrics({ accuracy: Number.NaN }, { step: steps, at: startedAt + steps * 1000 });
  writeFileSync(join(offline.folder, "files", "requirements.txt"), "numpy\n");
  return offline;
}

const read = async (runId: string): Promise<Json> =>
  (await client.call<Json>("GET", "runs/get", { run_id: runId })).run;
const byKey = (list: Json[] = []): Json => Object.fromEntries(list.map(({ key, value }) => [key, value]));
const wandbFile = (folder: string): string =>
  join(folder, readdirSync(folder).find((name) => name.endsWith(".wandb")) ?? "");

describe("an offline run", () => {
  it("comes in with its params, curves, files, times and outcome, once", async () => {
    const offline = await offlineRun("abc123");
    offline.end(1, startedAt + 60_000);
    const came = await importWandbRun(offline.folder, { client });
    expect(came).toMatchObject({
      wandbId: "abc123",
      name: "fit",
      params: 3,
      metrics: 51,
      leftOut: [],
      isWhole: true,
      wasThere: false,
    });
    const { info, data } = await read(came.runId);
    expect(info).toMatchObject({
      run_name: "fit",
      status: "FAILED",
      start_time: startedAt,
      end_time: startedAt + 60_000,
    });
    expect(byKey(data.params)).toEqual({ trees: "100", kind: "forest", "a weird _key_": '{"deep":[1]}' });
    expect(byKey(data.metrics)).toEqual({ loss: 0.02, accuracy: "NaN" });
    expect(byKey(data.tags)).toMatchObject({
      "wandb.run_id": "abc123",
      "wandb.project": "churn",
      "wandb.entity": "team",
    });
    const { metrics } = await client.call<Json>("GET", "metrics/get-history", {
      run_id: came.runId,
      metric_key: "loss",
    });
    expect(metrics).toHaveLength(50);
    expect(metrics[3]).toMatchObject({ step: 3, value: 0.25, timestamp: startedAt + 3000 });
    const { files } = await client.call<Json>("GET", "artifacts/list", { run_id: came.runId, path: "wandb" });
    expect(files).toEqual([{ path: "wandb/requirements.txt", is_dir: false, file_size: 6 }]);
    const { experiment } = await client.call<Json>("GET", "experiments/get-by-name", {
      experiment_name: "churn",
    });
    expect(info.experiment_id).toBe(experiment.experiment_id);

    const again = await importWandbRun(offline.folder, { client });
    expect(again).toMatchObject({ runId: came.runId, wasThere: true });
    expect(await wandbRunFolders(join(offline.folder, ".."))).toEqual([offline.folder]);
  });

  it("that was killed comes in as far as it was written", async () => {
    const offline = await offlineRun("killed", 2000);
    const file = wandbFile(offline.folder);
    truncateSync(file, readFileSync(file).length - 11);
    const came = await importWandbRun(offline.folder, { client, experiment: "killed" });
    expect(came.isWhole).toBe(false);
    expect(came.metrics).toBeGreaterThan(1990);
    expect((await read(came.runId)).info.status).toBe("KILLED");
  });

  it("whose import was broken off comes in anew", async () => {
    const offline = await offlineRun("twice");
    offline.end(0, startedAt + 1000);
    const { experiment_id } = await client.call<Json>("POST", "experiments/create", { name: "half" });
    const half = await client.call<Json>("POST", "runs/create", {
      experiment_id,
      tags: [{ key: "wandb.run_id", value: "twice" }],
    });
    const came = await importWandbRun(offline.folder, { client, experiment: "half" });
    expect(came.wasThere).toBe(false);
    expect((await read(half.run.info.run_id)).info.lifecycle_stage).toBe("deleted");
    expect((await read(came.runId)).info.status).toBe("FINISHED");
  });

  it("that is none is refused, and nothing is made", async () => {
    const folder = await temporaryFolder();
    await expect(importWandbRun(folder, { client })).rejects.toMatchObject({ code: "TW_ML_FORMAT" });
    appendFileSync(join(folder, "run-x.wandb"), "not a log of records");
    await expect(importWandbRun(folder, { client })).rejects.toThrow("expected the file of a W&B run");
  });
});

const python = clientsPython();
const why = python === null ? " (skipped: no environment with wandb: node scripts/test-clients.mjs)" : "";

describe.skipIf(python === null)(`the real client of Weights & Biases${why}`, { timeout: 120_000 }, () => {
  const environment = {
    ...process.env,
    WANDB_MODE: "offline",
    WANDB_SILENT: "true",
    WANDB__DISABLE_STATS: "true",
  };

  it("reads every record of a run that was written here", async () => {
    const offline = await offlineRun("real1", 3000);
    offline.config({ big: "x".repeat(100_000) });
    offline.end(0, startedAt + 60_000);
    const script = `
import json, sys
from collections import Counter
from google.protobuf.unknown_fields import UnknownFieldSet
from wandb.sdk.internal.datastore import DataStore
from wandb.proto import wandb_internal_pb2 as pb

store, seen, last, unknown = DataStore(), Counter(), {}, []
store.open_for_scan(sys.argv[1])
while (data := store.scan_data()) is not None:
    record = pb.Record()
    record.ParseFromString(data)
    kind = record.WhichOneof("record_type")
    seen[kind] += 1
    unknown += [field.field_number for field in UnknownFieldSet(getattr(record, kind))]
    if kind == "history":
        last = {item.nested_key[0] if item.nested_key else item.key: json.loads(item.value_json) for item in record.history.item}
    if kind == "run":
        run = [record.run.run_id, record.run.entity, record.run.project, record.run.display_name, record.run.start_time.seconds]
    if kind == "exit":
        end = [record.exit.exit_code, record.exit.runtime]
print(json.dumps({"seen": seen, "run": run, "exit": end, "step": last["_step"], "unknown": unknown}))
`;
    const { stdout } = await run(python ?? "", ["-c", script, wandbFile(offline.folder)], {
      env: environment,
    });
    expect(JSON.parse(stdout)).toEqual({
      seen: { header: 1, run: 1, config: 2, history: 3001, summary: 1, exit: 1 },
      run: ["real1", "team", "churn", "fit", Math.floor(startedAt / 1000)],
      exit: [0, 60],
      step: 3000,
      unknown: [],
    });
  });

  it("writes a run that comes in", async () => {
    const folder = await temporaryFolder();
    const script = `
import sys, wandb
run = wandb.init(project="of_wandb", name="real", dir=sys.argv[1], config={"depth": 3, "nested": {"a": 1}}, tags=["x"], notes="by hand")
for step in range(30):
    run.log({"loss": 1 / (step + 1), "val": {"acc": step / 30}, "text": "t"})
run.log({"broken": float("nan")})
run.summary["best"] = 0.5
run.finish()
`;
    await run(python ?? "", ["-c", script, folder], { env: environment });
    const [place = ""] = await wandbRunFolders(join(folder, "wandb"));
    const came = await importWandbRun(place, { client });
    expect(came).toMatchObject({ name: "real", leftOut: ["text"], isWhole: true });
    const { info, data } = await read(came.runId);
    expect(info).toMatchObject({ status: "FINISHED", run_name: "real" });
    expect(byKey(data.params)).toMatchObject({ depth: "3" });
    expect(byKey(data.metrics)).toMatchObject({
      loss: 1 / 30,
      best: 0.5,
      broken: "NaN",
      "val.acc": expect.closeTo(29 / 30),
    });
    expect(byKey(data.tags)).toMatchObject({ "wandb.tags": "x", "mlflow.note.content": "by hand" });
  });
});
