/**
 * Runs Dags by Tradewind, under its scheduler, and writes what came out in the form of `record.py`.
 *
 *     node run-tradewind.ts DAGS_FOLDER PLAN.json OUT_FOLDER HOME_FOLDER PYTHON
 */
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { startServices } from "../../../src/cli/services.ts";
import type { Session } from "../../../src/cli/session.ts";
import { loadConfig } from "../../../src/config.ts";
import type { Json } from "../../../src/core/dag-model.ts";
import { silentLog } from "../../../src/log.ts";
import type { Database } from "../../../src/store/connect.ts";
import { findDagRun } from "../../../src/store/dag-runs.ts";
import { setPaused } from "../../../src/store/dags.ts";
import { listImportErrors } from "../../../src/store/import-errors.ts";
import { notify } from "../../../src/store/notify.ts";
import { findRenderedFields } from "../../../src/store/rendered-fields.ts";
import { type TaskInstanceRow, taskInstancesOfRun } from "../../../src/store/task-instances.ts";
import { findXCom, listXComs } from "../../../src/store/xcoms.ts";
import { delay } from "../../../src/time.ts";

interface PlanItem {
  readonly dagId: string;
  readonly conf?: Json;
  readonly seconds?: number;
  readonly structureOnly?: boolean;
}

const logicalDate = Date.UTC(2026, 0, 5);
const [dagsFolder, planPath, out, home, python] = process.argv.slice(2) as [
  string,
  string,
  string,
  string,
  string,
];

const config = loadConfig({
  home,
  environment: process.env,
  flags: { "core.dags_folder": dagsFolder, "python.interpreter": python },
});
const nothing = (): void => undefined;
const session: Session = {
  config,
  format: "json",
  log: () => silentLog(),
  print: nothing,
  note: nothing,
  rows: nothing,
  object: nothing,
};

const services = await startServices(session, { name: "comparison", dagFiles: true, triggerer: true });
const { database } = services.store;
try {
  const problems = await listImportErrors(database);
  save("import-errors", Object.fromEntries(problems.map((one) => [one.relativeFile, one.message])));
  for (const item of JSON.parse(readFileSync(planPath, "utf8")) as PlanItem[])
    if (item.structureOnly !== true) await runOne(item);
} finally {
  await services.stop({ keepRunning: false, graceMs: 2000 });
}

async function runOne({ dagId, conf = {}, seconds = 60 }: PlanItem): Promise<void> {
  const begun = performance.now();
  try {
    await setPaused(database, [dagId], false);
    await notify(database, [`dag:${dagId}`]);
    const { pk, runId } = await services.scheduler.triggerRun({
      dagId,
      conf,
      logicalDate,
      triggeredBy: "test",
    });
    const ended = await Promise.race([
      services.scheduler.waitForRun(pk).then(() => true),
      delay(seconds * 1000).then(() => false),
    ]);
    save(dagId, { dagId, ended, ...(await outcome(database, dagId, runId, pk)) });
  } catch (error) {
    save(dagId, { dagId, ended: false, state: `not run: ${error instanceof Error ? error.message : error}` });
  } finally {
    // What the schedule itself would start is no part of the comparison.
    await setPaused(database, [dagId], true).catch(nothing);
  }
  process.stdout.write(`${dagId} ${((performance.now() - begun) / 1000).toFixed(2)}\n`);
}

async function outcome(
  from: Database,
  dagId: string,
  runId: string,
  pk: number,
): Promise<{ [name: string]: Json }> {
  const run = await findDagRun(from, dagId, runId);
  const instances = await taskInstancesOfRun(from, pk);
  const byName = <T>(value: (one: TaskInstanceRow) => T): { [name: string]: T } =>
    Object.fromEntries(instances.map((one) => [nameOf(one), value(one)]));
  const rendered: { [name: string]: Json } = {};
  for (const one of instances) {
    const fields = await findRenderedFields(from, { ...one, runPk: pk });
    if (fields !== null) rendered[nameOf(one)] = fields;
  }
  const xcoms: { [name: string]: Json } = {};
  for (const one of await listXComs(from, { runPk: pk })) {
    const found = await findXCom(from, { ...one, runPk: pk });
    xcoms[`${nameOf(one)} ${one.key}`] = one.ref === null ? (found?.value ?? null) : { ref: one.ref.uri };
  }
  return {
    state: run?.state ?? "gone",
    runId,
    states: byName(({ state }) => state),
    tries: byName(({ tryNumber }) => tryNumber),
    rendered,
    xcoms,
  };
}

function nameOf({ taskId, mapIndex }: { taskId: string; mapIndex: number }): string {
  return mapIndex < 0 ? taskId : `${taskId}[${mapIndex}]`;
}

function save(name: string, what: Json): void {
  writeFileSync(join(out, `${name}.json`), JSON.stringify(what, null, 1));
}
