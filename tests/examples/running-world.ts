/**
 * The whole program around a copy of the examples: Dag files imported in a child, the scheduler, a worker with its task
 * processes, and a database of its own. Ends with the test.
 */
import { cp } from "node:fs/promises";
import { join } from "node:path";
import { onTestFinished } from "vitest";
import { startServices } from "../../src/cli/services.ts";
import type { Session } from "../../src/cli/session.ts";
import { loadConfig } from "../../src/config.ts";
import type { Json } from "../../src/core/dag-model.ts";
import { silentLog } from "../../src/log.ts";
import type { Database } from "../../src/store/connect.ts";
import { type DagRunRow, listDagRuns } from "../../src/store/dag-runs.ts";
import { setPaused } from "../../src/store/dags.ts";
import { listen, notify } from "../../src/store/notify.ts";
import { setPool } from "../../src/store/pools.ts";
import { taskInstancesOfRun } from "../../src/store/task-instances.ts";
import { createUser } from "../../src/store/users.ts";
import { findXCom } from "../../src/store/xcoms.ts";
import type { TestConnection } from "../../src/testing/index.ts";
import { systemClock } from "../../src/time.ts";
import { freshDatabase } from "../support/database.ts";
import { temporaryFolder } from "./temporary-folder.ts";

export interface RunningWorld {
  /** Where the program keeps its own rows. */
  readonly database: Database;
  /** A call of the API server, as an administrator; the answer's JSON. Only with `api`. */
  call<T>(
    method: string,
    path: string,
    body?: unknown,
  ): Promise<{ status: number; headers: Headers; body: T }>;
  /** Where runs write when they are not told otherwise. */
  readonly folder: string;
  /** Starts a run of a Dag and resolves when it has ended. */
  run(dagId: string, conf?: { [key: string]: Json }): Promise<FinishedRun>;
  /** Starts a run and does not wait. */
  start(dagId: string, conf?: { [key: string]: Json }): Promise<void>;
  /** Resolves when that many runs of the Dag have ended; oldest first. */
  ended(dagId: string, count: number): Promise<FinishedRun[]>;
  setPool(name: string, slots: number): Promise<void>;
}

export interface FinishedRun {
  readonly state: string;
  readonly runId: string;
  readonly conf: Json;
  /** By task, `task[3]` for an instance of a mapped one. */
  readonly states: { readonly [task: string]: string | null };
  readonly startDates: { readonly [task: string]: number | null };
  readonly endDates: { readonly [task: string]: number | null };
  xcom(taskId: string, key?: string): Promise<Json | undefined>;
}

/** @param dags ids to unpause; a Dag with a schedule then also makes a run of its own. */
export async function runningWorld(
  dags: readonly string[],
  connections: Readonly<Record<string, TestConnection>> = {},
  { api = false }: { readonly api?: boolean } = {},
): Promise<RunningWorld> {
  const folder = await temporaryFolder();
  const dagsFolder = join(folder, "dags");
  const notData = (source: string) => !/[\\/]data$/.test(source);
  await cp(join(import.meta.dirname, "../../examples"), dagsFolder, { recursive: true, filter: notData });
  const { url, database } = await freshDatabase();
  const session = testSession(join(folder, "home"), dagsFolder, url, connections);
  const services = await startServices(session, { name: "test", dagFiles: true, triggerer: true, api });
  onTestFinished(() => services.stop({ keepRunning: false, graceMs: 1000 }));
  await setPaused(database, dags, false);
  await notify(
    database,
    dags.map((dagId) => `dag:${dagId}`),
  );

  const finished = async (run: DagRunRow): Promise<FinishedRun> => {
    const instances = await taskInstancesOfRun(database, run.id);
    const byTask = <T>(of: (instance: (typeof instances)[number]) => T): { [task: string]: T } =>
      Object.fromEntries(
        instances.map((one) => [one.mapIndex < 0 ? one.taskId : `${one.taskId}[${one.mapIndex}]`, of(one)]),
      );
    return {
      state: run.state,
      runId: run.runId,
      conf: run.conf,
      states: byTask((one) => one.state),
      startDates: byTask((one) => one.startDate),
      endDates: byTask((one) => one.endDate),
      xcom: async (taskId, key = "return_value") =>
        (await findXCom(database, { runPk: run.id, taskId, mapIndex: -1, key }))?.value,
    };
  };
  const start = (dagId: string, conf: { [key: string]: Json } = {}) =>
    services.scheduler.triggerRun({ dagId, conf, triggeredBy: "test" });
  const endedRuns = async (dagId: string): Promise<DagRunRow[]> => {
    const filter = { dagIds: [dagId], states: ["success", "failed"] } as const;
    return (await listDagRuns(database, filter, { orderBy: "id" })).rows;
  };
  const address = services.api?.address ?? "";
  if (api) await createUser(database, { ...administrator, email: null, roles: ["Admin"] }, systemClock.now());
  return {
    folder,
    database,
    call: (method, path, body) => callApi(address, { method, path, body }),
    async run(dagId, conf) {
      const { pk } = await start(dagId, conf);
      await services.scheduler.waitForRun(pk);
      const run = (await endedRuns(dagId)).find(({ id }) => id === pk);
      if (run === undefined) throw new Error(`run ${pk} of ${dagId} has not ended`);
      return finished(run);
    },
    async start(dagId, conf) {
      await start(dagId, conf);
    },
    async ended(dagId, count) {
      const enough = Promise.withResolvers<DagRunRow[]>();
      const look = () =>
        void endedRuns(dagId).then((runs) => runs.length >= count && enough.resolve(runs), enough.reject);
      const listener = listen(database, {
        clock: systemClock,
        onPayload: (payload) => payload === `ended:${dagId}` && look(),
        onGap: look,
      });
      const runs = await enough.promise;
      await listener.stop();
      return Promise.all(runs.map(finished));
    },
    async setPool(name, slots) {
      await setPool(database, { name, slots });
      await notify(database, ["pools"]);
    },
  };
}

const administrator = { username: "ann", password: "password of ann" };

async function callApi<T>(
  address: string,
  { method, path, body }: { method: string; path: string; body: unknown },
): Promise<{ status: number; headers: Headers; body: T }> {
  const { username, password } = administrator;
  const authorization = `Basic ${Buffer.from(`${username}:${password}`).toString("base64")}`;
  const response = await fetch(address + path, {
    method,
    headers: { authorization, ...(body === undefined ? {} : { "content-type": "application/json" }) },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  const text = await response.text();
  return {
    status: response.status,
    headers: response.headers,
    body: (text === "" ? null : JSON.parse(text)) as T,
  };
}

function testSession(
  home: string,
  dagsFolder: string,
  url: string,
  connections: Readonly<Record<string, TestConnection>>,
): Session {
  const environment: Record<string, string | undefined> = { PATH: process.env["PATH"], HOME: home };
  for (const [connId, { type, schema, ...fields }] of Object.entries(connections)) {
    const connection = {
      conn_type: type,
      schema,
      ...fields,
      extra: fields.extra && JSON.stringify(fields.extra),
    };
    environment[`AIRFLOW_CONN_${connId.toUpperCase()}`] = JSON.stringify(connection);
  }
  const config = loadConfig({
    home,
    environment,
    flags: {
      "core.dags_folder": dagsFolder,
      "database.url": url,
      "api.port": "0",
    },
  });
  const log = process.env["TW_TEST_LOG"] === undefined ? silentLog() : undefined;
  return {
    config,
    format: "json",
    log: () => log ?? silentLog(),
    print: () => undefined,
    note: () => undefined,
    rows: () => undefined,
    object: () => undefined,
  };
}
