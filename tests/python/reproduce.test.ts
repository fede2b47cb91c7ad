/** A run is repeated with its own code and data while both have changed since, and what came of it is compared. */
import { execFile } from "node:child_process";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { promisify } from "node:util";
import { expect, test } from "vitest";
import { sql } from "../../src/store/sql.ts";
import { describePython } from "./find-python.ts";
import { type PythonWorld, pythonWorld } from "./python-world.ts";

const training = (factor: number) => `
import { readFileSync } from "node:fs";
import { Dag, getContext } from "tradewind";
import { logInput, logMetrics, logParams, RandomState, snapshotOf, Table, withRun } from "tradewind/ml";
const dag = new Dag("training", { schedule: null });
dag.task("train", async () => {
  const { conf, ds } = getContext();
  const numbers = Float64Array.from(JSON.parse(readFileSync("__FOLDER__/data.json", "utf8")));
  return withRun({ experiment: "e", name: "fit" }, async (run) => {
    await logInput(snapshotOf(new Table(numbers.length, new Map([["x", { type: "number", values: numbers }]])), "data"));
    await logParams({ seed: conf.seed, ds });
    const sum = numbers.reduce((a, b) => a + b, 0) * ${factor} + new RandomState(conf.seed).uniform();
    logMetrics({ sum, nothing: Number.NaN });
    return run.runId;
  });
})();
`;

interface Row {
  readonly what: string;
  readonly name: string;
  readonly original: number | string | null;
  readonly reproduced: number | string | null;
  readonly same: string;
}

async function reproduce(world: PythonWorld, ...more: string[]) {
  const { home, database, core, environment } = world.config;
  const place = ["--home", home, "--database-url", database.url, "--dags-folder", core.dagsFolder];
  const command = [
    join(import.meta.dirname, "../../bin/tradewind.mjs"),
    "runs",
    "reproduce",
    ...more,
    ...place,
  ];
  const ran = await promisify(execFile)(process.execPath, [...command, "-o", "json"], {
    env: { ...environment },
  }).then(
    ({ stdout, stderr }) => ({ code: 0, stdout, stderr }),
    (error: { code: number; stdout: string; stderr: string }) => error,
  );
  const rows = ran.stdout.startsWith("[") ? (JSON.parse(ran.stdout) as Row[]) : [];
  const told = rows.map(({ what, name, same }) => `${what} ${name} ${same}`);
  return { code: ran.code, rows, told, stderr: ran.stderr };
}

describePython("runs reproduce", () => {
  test("repeats a run with its version, date, conf and data, and says what differs", async () => {
    const world = await pythonWorld({}, { api: true });
    const write = (factor: number) =>
      world.write({ "training.ts": training(factor).replaceAll("__FOLDER__", world.folder) });
    const data = (numbers: number[]) =>
      writeFileSync(join(world.folder, "data.json"), JSON.stringify(numbers));
    const versions = async () => (await world.database.rows(sql`SELECT 1 FROM dag_version`)).length;
    data([1, 2, 3]);
    write(10);
    await expect.poll(versions, { timeout: 20_000 }).toBe(1);
    const run = await world.run("training", { seed: 7 }, { logicalDate: Date.UTC(2026, 1, 3) });
    expect(run.states, (await run.log("train")).join("\n")).toEqual({ train: "success" });
    const id = String(await run.xcom("train"));
    // The code of today would give something else.
    write(1000);
    await expect.poll(versions, { timeout: 20_000 }).toBe(2);

    const again = await reproduce(world, id);
    expect(again, again.stderr).toMatchObject({
      code: 0,
      told: ["metric nothing yes", "metric sum yes", "input data yes"],
    });
    const repeated = await world.database.row<{
      version: number;
      ds: string;
      seed: string;
      note: string;
    }>(sql`
      SELECT v.version_number AS version, d.note,
        (SELECT value FROM run_param p WHERE p.run_id = r.run_id AND key = 'ds') AS ds,
        (SELECT value FROM run_param p WHERE p.run_id = r.run_id AND key = 'seed') AS seed
      FROM run r JOIN dag_run d ON d.id = r.dag_run_pk JOIN dag_version v ON v.id = d.version_id
      ORDER BY r.run_id DESC LIMIT 1`);
    expect(repeated).toEqual({ version: 1, ds: "2026-02-03", seed: "7", note: `repeats ${run.runId}` });

    data([1, 2, 4]);
    const other = await reproduce(world, "training", run.runId);
    expect(other).toMatchObject({ code: 1, told: ["metric nothing yes", "metric sum NO", "input data NO"] });
    expect(other.stderr).toContain("2 of 3 values differ");
    expect((await reproduce(world, id, "--tolerance", "0.5", "--metrics", "^sum$")).told).toEqual([
      "metric sum yes",
      "input data NO",
    ]);
    expect(await reproduce(world, "0".repeat(32))).toMatchObject({
      code: 1,
      stderr: expect.stringContaining("not found"),
    });
  });
});
