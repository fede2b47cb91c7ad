/** An API server beside a scheduler whose tasks end as a script says, on one database, for one test. */
import { onTestFinished } from "vitest";
import type { DagSpec } from "../../../src/core/dag-model.ts";
import { silentLog } from "../../../src/log.ts";
import { Scheduler } from "../../../src/scheduler/scheduler.ts";
import { registerAssets } from "../../../src/store/assets.ts";
import { openDatabase } from "../../../src/store/connect.ts";
import { notify } from "../../../src/store/notify.ts";
import { systemClock } from "../../../src/time.ts";
import { storeSpec, testSettings } from "../../scheduler/support.ts";
import { freshApi, type TestApi } from "../../support/api.ts";
import { type Script, ScriptedExecutor } from "../../support/scripted-executor.ts";

export interface AirflowWorld extends TestApi {
  readonly scheduler: Scheduler;
  store(spec: DagSpec): Promise<number>;
  /** An answer of one JSON object a line. */
  lines(path: string): Promise<object[]>;
  /** Starts a run by the API and resolves when it has ended. */
  run(dagId: string, body?: object): Promise<{ dag_run_id: string; state: string }>;
}

export async function airflowWorld(script?: Script): Promise<AirflowWorld> {
  const api = await freshApi();
  const lines = async (path: string): Promise<object[]> => {
    const response = await fetch(api.url + path, { headers: await api.signedIn("Admin") });
    return (await response.text())
      .trim()
      .split("\n")
      .map((line) => JSON.parse(line) as object);
  };
  const own = openDatabase({ url: api.database.url, poolSize: 4 });
  const scheduler = await Scheduler.create({
    database: own,
    secrets: api.parts.secrets,
    environment: {},
    executor: new ScriptedExecutor(script),
    clock: systemClock,
    log: silentLog(),
    settings: testSettings,
  });
  onTestFinished(async () => {
    await scheduler.stop().catch(() => undefined);
    await own.close().catch(() => undefined);
  });
  await scheduler.start();
  return {
    ...api,
    scheduler,
    lines,
    async store(spec) {
      const id = await storeSpec(api.database, spec);
      await api.database.transaction((tx) => registerAssets(tx, spec, systemClock.now()));
      await notify(api.database, [`dag:${spec.dagId}`]);
      return id;
    },
    async run(dagId, body = {}) {
      const path = `/api/v2/dags/${dagId}/dagRuns`;
      const made = await api.call<{ dag_run_id: string }>("POST", path, { body });
      if (made.status !== 200) throw new Error(JSON.stringify(made.body));
      const { dag_run_id } = made.body;
      const seen = await lines(`${path}/${encodeURIComponent(dag_run_id)}/wait?interval=0.05`);
      return { dag_run_id, ...(seen.at(-1) as { state: string }) };
    },
  };
}
