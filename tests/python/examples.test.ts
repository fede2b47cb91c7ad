/**
 * The Airflow Dag files of `examples/airflow`, run from the command line with the folder that a user would have: Dag
 * files, and `data` and `model` where the program was started. Needs pandas and scikit-learn.
 */

import { spawn } from "node:child_process";
import { once } from "node:events";
import { cp, mkdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { expect, it } from "vitest";
import { sql } from "../../src/store/sql.ts";
import type { TestConnection } from "../../src/testing/index.ts";
import { mailServer } from "../examples/mail-server.ts";
import { postgresConnection } from "../examples/postgres-connection.ts";
import { temporaryFolder } from "../examples/temporary-folder.ts";
import { freshDatabase } from "../support/database.ts";
import { describePython, hasPackages, requirePython } from "./find-python.ts";

const examples = join(import.meta.dirname, "../../examples/airflow");
const program = join(import.meta.dirname, "../../bin/tradewind.mjs");

interface Ended {
  readonly code: number | null;
  readonly output: string;
  readonly folder: string;
}

/** One run of a Dag; resolves when the command has ended. */
async function dagsTest(dagId: string, environment: { [name: string]: string } = {}): Promise<Ended> {
  const folder = await temporaryFolder();
  await cp(examples, join(folder, "dags"), { recursive: true });
  await Promise.all(["data", "model"].map((name) => mkdir(join(folder, name))));
  const { url } = await freshDatabase();
  const child = spawn(process.execPath, [program, "dags", "test", dagId, "-S", join(folder, "dags")], {
    cwd: folder,
    env: {
      PATH: process.env["PATH"],
      HOME: folder,
      TRADEWIND_HOME: join(folder, "home"),
      TRADEWIND__DATABASE__URL: url,
      TRADEWIND__PYTHON__INTERPRETER: requirePython(),
      ...environment,
    },
  });
  const [out, error, [code]] = await Promise.all([
    text(child.stdout),
    text(child.stderr),
    once(child, "close") as Promise<[number | null]>,
  ]);
  return { code, output: `${out}\n${error}`, folder };
}

const asJson = (connection: TestConnection): string => {
  const { type, ...fields } = connection;
  return JSON.stringify({ conn_type: type, ...fields });
};

const learns = hasPackages("sklearn", "pandas");

describePython("the Airflow examples", { timeout: 120_000 }, () => {
  it.skipIf(!hasPackages("pendulum"))(
    "run extract, transform and load as operators and as TaskFlow",
    async () => {
      const [operators, taskflow] = await Promise.all([dagsTest("etl_operators"), dagsTest("etl_taskflow")]);
      expect(operators.output).toContain("etl_operators ended with success");
      expect(operators.output).toContain('report: "1236.7"');
      expect(taskflow.output).toContain("etl_taskflow ended with success");
      expect(taskflow.output).toContain("invoice[2] success");
    },
  );

  it.skipIf(!learns)("train on irises with relative paths, to an accuracy of 1", async () => {
    const { output, folder } = await dagsTest("ml_pipeline_airflow");
    expect(output).toContain("ml_pipeline_airflow ended with success");
    expect(await readFile(join(folder, "data/accuracy.txt"), "utf8")).toBe("Accuracy: 1.0");
  });

  it.skipIf(!learns)(
    "mail the end of the click pipeline, also from a callback, and trigger another Dag",
    async () => {
      const { mails, connection } = await mailServer();
      const { output } = await dagsTest("Airflow_project", { AIRFLOW_CONN_SMTP_DEFAULT: asJson(connection) });
      expect(output).toContain("send_email success");
      expect(output).toContain("trigger_flask success");
      const subjects = mails.map(({ subject }) => subject);
      expect(subjects[0]).toMatch(/^Clicks, run manual__.*: accuracy 0\.9\d\d$/);
      expect(subjects[1]).toBe("The pipeline succeeded");
    },
  );

  it.skipIf(!learns || !hasPackages("psycopg2", "sqlalchemy"))(
    "keep batches and experiments of a grid search in PostgreSQL",
    async () => {
      const { database, url } = await freshDatabase({ empty: true });
      const connection = asJson(postgresConnection(url));
      const { output } = await dagsTest("ml_pipeline", { AIRFLOW_CONN_POSTGRES_DEFAULT: connection });
      expect(output).toContain("ml_pipeline ended with success");
      const stored = await database.rows<{ n: number }>(sql`SELECT count(*)::int AS n FROM batch_data`);
      expect(stored).toEqual([{ n: 426 }]);
      const best = await database.rows<{ score: number }>(sql`SELECT score FROM experiments`);
      expect(best).toHaveLength(1);
      expect(best[0]?.score).toBeGreaterThan(0.95);
    },
  );
});
