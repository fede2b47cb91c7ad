/**
 * Operators of the real providers of Amazon and Google, unchanged, against what stands in for these clouds.
 * Skipped by name where they are not installed: `node scripts/test-providers.mjs` makes their environment.
 */
import { generateKeyPairSync } from "node:crypto";
import { describe, expect, it, onTestFinished, vi } from "vitest";
import { providersPython } from "../../scripts/test-providers.mjs";
import { bigQuery } from "../support/big-query.ts";
import { startMoto } from "../support/moto.ts";
import { aws, bigQuery as bigQueryDag } from "./cloud-dags.ts";
import { pythonWorld } from "./python-world.ts";

const python = providersPython();
const reason = python === null ? " (skipped: `node scripts/test-providers.mjs` makes its environment)" : "";
const flags = { "python.interpreter": python ?? "", "core.dag_import_timeout": "240" };
const day = { logicalDate: Date.UTC(2026, 0, 5) };

describe.skipIf(python === null)(`operators of clouds${reason}`, { timeout: 600_000 }, () => {
  it("ECS, Glue and EMR run what the Dag says", async () => {
    const { endpoint, process: moto } = await startMoto(python);
    onTestFinished(() => void moto.kill());
    const connection = {
      conn_type: "aws",
      login: "a",
      password: "b",
      extra: { endpoint_url: endpoint, region_name: "eu-central-1" },
    };
    const environment = { AIRFLOW_CONN_AWS_DEFAULT: JSON.stringify(connection) };
    const world = await pythonWorld({ "aws.py": aws }, { flags, environment });
    const containers = await world.run("containers", {}, day);
    expect([containers.states, await containers.log("run")]).toMatchObject([
      { subnets: "success", definition: "success", run: "success", ended: "success", delete: "success" },
      expect.anything(),
    ]);
    const spark = await world.run("spark", {}, day);
    expect([spark.states, await spark.log("features")]).toMatchObject([
      { features: "success", cluster: "success", steps: "success", terminate: "success" },
      expect.anything(),
    ]);
  });

  it("BigQuery is asked for the rendered query, and its rows are the next task's", async () => {
    const server = await bigQuery();
    vi.stubEnv("BIGQUERY_EMULATOR_HOST", server.url);
    const { privateKey } = generateKeyPairSync("rsa", { modulusLength: 2048 });
    const key = {
      type: "service_account",
      project_id: "shop",
      client_email: "dags@shop.iam.gserviceaccount.com",
      private_key: privateKey.export({ type: "pkcs8", format: "pem" }),
      token_uri: `${server.url}/token`,
    };
    const connection = {
      conn_type: "google_cloud_platform",
      extra: { keyfile_dict: JSON.stringify(key), project: "shop" },
    };
    const environment = { AIRFLOW_CONN_GOOGLE_CLOUD_DEFAULT: JSON.stringify(connection) };
    const world = await pythonWorld({ "warehouse.py": bigQueryDag }, { flags, environment });
    const run = await world.run("warehouse", {}, day);
    expect([run.states, await run.log("total")]).toMatchObject([
      { query: "success", rows: "success", total: "success" },
      expect.anything(),
    ]);
    expect(server.jobs).toMatchObject([
      { query: { query: "SELECT name, amount FROM orders WHERE day = '2026-01-05' LIMIT 2" } },
    ]);
    expect(await run.xcom("total")).toBe(7);
  });
});
