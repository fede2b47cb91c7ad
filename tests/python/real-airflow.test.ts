/**
 * An interpreter with the real Airflow and a real provider beside our package: what we have is ours, what we lack is
 * theirs, and stands on ours. Skipped by name where there is none: `node scripts/test-airflow.mjs` makes it.
 */
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { describe, expect, it, onTestFinished } from "vitest";
import { airflowPython } from "../../scripts/test-airflow.mjs";
import { pythonWorld } from "./python-world.ts";

const python = airflowPython();
const reason = "skipped: `node scripts/test-airflow.mjs` makes its environment";

const dag = `from airflow.sdk import DAG, task
from airflow.providers.apache.livy.operators.livy import LivyOperator
from airflow.providers.standard.operators.bash import BashOperator
from airflow.utils.code_utils import get_python_source

with DAG("spark", schedule=None):

    @task
    def places():
        bases = [one.__module__ for one in LivyOperator.__mro__]
        return {
            "bash": BashOperator.__module__,
            "livy": bases[0],
            "stands on ours": "tradewind.airflow_compat.baseoperator" in bases,
            "source": get_python_source(places.function).splitlines()[0].strip(),
        }

    train = LivyOperator(
        task_id="train",
        file="s3://jobs/{{ ds_nodash }}/train.py",
        args=["--trees", "{{ params.trees }}"],
        polling_interval=0.05,
        params={"trees": 100},
    )
    places() >> train >> BashOperator(task_id="tell", bash_command="echo batch {{ ti.xcom_pull('train') }}")
`;

/** Livy's batches: one that runs when it is asked for the first time, and has succeeded the second time. */
async function livy(): Promise<{ port: number; asked: string[]; submitted: unknown[] }> {
  const asked: string[] = [];
  const submitted: unknown[] = [];
  const states = ["running", "success"];
  const server = createServer((request, response) => {
    let body = "";
    request.on("data", (chunk) => {
      body += String(chunk);
    });
    request.on("end", () => {
      asked.push(`${request.method} ${request.url}`);
      response.setHeader("content-type", "application/json");
      if (request.method === "POST") {
        submitted.push(JSON.parse(body));
        response.statusCode = 201;
        response.end(JSON.stringify({ id: 7, state: "starting" }));
      } else {
        const state = request.url?.endsWith("/state") === true ? (states.shift() ?? "success") : "success";
        response.end(
          JSON.stringify({ id: 7, state, appId: "application_1", log: ["one line"], total: 1, from: 0 }),
        );
      }
    });
  });
  await new Promise<void>((resolve) => {
    server.listen(0, "127.0.0.1", resolve);
  });
  onTestFinished(() => void server.close());
  return { port: (server.address() as AddressInfo).port, asked, submitted };
}

describe("beside a real Airflow", { timeout: 180_000 }, () => {
  it.skipIf(python === null)(
    `an operator of a real provider runs on Tradewind${python === null ? ` (${reason})` : ""}`,
    async () => {
      const { port, asked, submitted } = await livy();
      const world = await pythonWorld(
        { "spark.py": dag },
        {
          flags: { "python.interpreter": python ?? "" },
          environment: { AIRFLOW_CONN_LIVY_DEFAULT: `livy://127.0.0.1:${port}` },
        },
      );
      const run = await world.run("spark", {}, { logicalDate: Date.UTC(2026, 0, 5) });
      expect([run.states, await run.log("train")]).toMatchObject([
        { places: "success", train: "success", tell: "success" },
        expect.anything(),
      ]);
      expect(await run.xcom("places")).toEqual({
        bash: "tradewind.operators.bash",
        livy: "airflow.providers.apache.livy.operators.livy",
        "stands on ours": true,
        source: "@task",
      });
      expect(submitted).toMatchObject([{ file: "s3://jobs/20260105/train.py", args: ["--trees", "100"] }]);
      expect(asked.filter((one) => one.startsWith("GET /batches/7/state")).length).toBeGreaterThan(1);
      expect(await run.xcom("train")).toBe(7);
      expect(await run.xcom("tell")).toBe("batch 7");
    },
  );
});
