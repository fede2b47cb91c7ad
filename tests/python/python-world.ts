/** The whole program around a folder of Dag files in Python; ends with the test. */
import { mkdirSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { onTestFinished } from "vitest";
import { startServices } from "../../src/cli/services.ts";
import type { Session } from "../../src/cli/session.ts";
import { type Config, loadConfig } from "../../src/config.ts";
import type { Json } from "../../src/core/dag-model.ts";
import { silentLog } from "../../src/log.ts";
import { readLog } from "../../src/logs/read-log.ts";
import { attemptLogPath } from "../../src/scheduler/workload.ts";
import { findDagRun } from "../../src/store/dag-runs.ts";
import { setPaused } from "../../src/store/dags.ts";
import { listImportErrors } from "../../src/store/import-errors.ts";
import { notify } from "../../src/store/notify.ts";
import { taskInstancesOfRun } from "../../src/store/task-instances.ts";
import { findXCom } from "../../src/store/xcoms.ts";
import { temporaryFolder } from "../examples/temporary-folder.ts";
import { freshDatabase } from "../support/database.ts";
import { requirePython } from "./find-python.ts";

export interface PythonRun {
  readonly state: string;
  readonly runId: string;
  /** Between the first start of a task and the last end, in seconds. */
  readonly seconds: number;
  /** By task, `task[3]` for an instance of a mapped one. */
  readonly states: { readonly [task: string]: string | null };
  xcom(taskId: string, key?: string): Promise<Json | undefined>;
  /** Messages of the log of the first try. */
  log(taskId: string): Promise<string[]>;
}

export interface PythonWorld {
  readonly folder: string;
  write(files: { readonly [name: string]: string }): void;
  /** As Dags are until somebody unpauses them, no run of theirs starts. */
  unpause(dagId: string): Promise<void>;
  /** Unpauses a Dag, starts a run of it, and resolves when it has ended. */
  run(
    dagId: string,
    conf?: { [key: string]: Json },
    more?: { readonly logicalDate?: number; readonly despiteProblems?: boolean },
  ): Promise<PythonRun>;
  readonly config: Config;
  /** Of the API server; null where there is none. */
  readonly address: string | null;
  readonly database: Awaited<ReturnType<typeof freshDatabase>>["database"];
}

export async function pythonWorld(
  files: { readonly [name: string]: string },
  options: {
    readonly flags?: { [name: string]: string };
    readonly environment?: { [name: string]: string };
    /** With an API server, on a port of its own. */
    readonly api?: boolean;
  } = {},
): Promise<PythonWorld> {
  const folder = await temporaryFolder();
  const dagsFolder = join(folder, "dags");
  const home = join(folder, "home");
  const write = (texts: { readonly [name: string]: string }): void => {
    for (const [name, text] of Object.entries(texts)) {
      mkdirSync(dirname(join(dagsFolder, name)), { recursive: true });
      writeFileSync(join(dagsFolder, name), text);
    }
  };
  mkdirSync(dagsFolder);
  write(files);
  const { url, database } = await freshDatabase();
  const config = loadConfig({
    home,
    environment: {
      PATH: process.env["PATH"],
      PYTHONPATH: process.env["PYTHONPATH"],
      HOME: home,
      ...options.environment,
    },
    flags: {
      "core.dags_folder": dagsFolder,
      "database.url": url,
      "python.interpreter": requirePython(),
      "api.port": "0",
      ...options.flags,
    },
  });
  const nothing = () => undefined;
  const output = { print: nothing, note: nothing, rows: nothing, object: nothing };
  const session: Session = { config, format: "json", log: () => silentLog(), ...output };
  const services = await startServices(session, {
    name: "test",
    dagFiles: true,
    triggerer: true,
    api: options.api === true,
  });
  onTestFinished(() => services.stop({ keepRunning: false, graceMs: 1000 }));

  async function unpause(dagId: string): Promise<void> {
    await setPaused(database, [dagId], false);
    await notify(database, [`dag:${dagId}`]);
  }

  async function run(
    dagId: string,
    conf: { [key: string]: Json } = {},
    {
      despiteProblems = false,
      ...more
    }: { readonly logicalDate?: number; readonly despiteProblems?: boolean } = {},
  ): Promise<PythonRun> {
    await unpause(dagId);
    const [problem] = await listImportErrors(database);
    if (problem !== undefined && !despiteProblems) throw new Error(problem.message);
    const { pk, runId } = await services.scheduler.triggerRun({ dagId, conf, triggeredBy: "test", ...more });
    await services.scheduler.waitForRun(pk);
    const ended = await findDagRun(database, dagId, runId);
    const instances = await taskInstancesOfRun(database, pk);
    const name = (one: (typeof instances)[number]) =>
      one.mapIndex < 0 ? one.taskId : `${one.taskId}[${one.mapIndex}]`;
    const starts = instances.map(({ startDate }) => startDate ?? Number.POSITIVE_INFINITY);
    const ends = instances.map(({ endDate }) => endDate ?? 0);
    return {
      state: ended?.state ?? "gone",
      runId,
      seconds: (Math.max(...ends) - Math.min(...starts)) / 1000,
      states: Object.fromEntries(instances.map((one) => [name(one), one.state])),
      xcom: async (taskId, key = "return_value") =>
        (await findXCom(database, { runPk: pk, taskId, mapIndex: -1, key }))?.value,
      log: async (taskId) => {
        const path = attemptLogPath({ dagId, runId, taskId, mapIndex: -1, tryNumber: 1 });
        return (await readLog(join(config.paths.logs, path))).records.map(({ message }) => message);
      },
    };
  }
  return { folder, write, unpause, run, config, database, address: services.api?.address ?? null };
}
