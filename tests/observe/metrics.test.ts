import { createServer } from "node:net";
import { describe, expect, it, onTestFinished } from "vitest";
import { type MetricsServer, noMetrics, startMetrics } from "../../src/metrics.ts";

async function started(): Promise<MetricsServer> {
  const metrics = await startMetrics({ host: "127.0.0.1", port: 0 });
  onTestFinished(() => metrics.stop());
  return metrics;
}

const scrape = async (metrics: MetricsServer): Promise<string> =>
  (await fetch(`http://127.0.0.1:${metrics.port}/metrics`)).text();

describe("metrics", () => {
  it("are served as Prometheus text under Airflow's names", async () => {
    const metrics = await started();
    metrics.count("ti_start", { dag_id: "etl", task_id: "load" });
    metrics.count("ti_start", { dag_id: "etl", task_id: "load" });
    metrics.count("scheduler_heartbeat");
    metrics.gauge("pool_open_slots", 126, { pool_name: "default_pool" });
    metrics.seconds("task_duration", 0.004, { dag_id: "etl", task_id: "load" });
    const response = await fetch(`http://127.0.0.1:${metrics.port}/metrics`);
    expect(response.headers.get("content-type")).toMatch(/^text\/plain; version=0\.0\.4/);
    const lines = (await response.text()).split("\n");
    expect(lines).toContain('airflow_ti_start{dag_id="etl",task_id="load"} 2');
    expect(lines).toContain("airflow_scheduler_heartbeat 1");
    expect(lines).toContain("# TYPE airflow_pool_open_slots gauge");
    expect(lines).toContain('airflow_pool_open_slots{pool_name="default_pool"} 126');
    expect(lines).toContain('airflow_task_duration_bucket{le="0.001",dag_id="etl",task_id="load"} 0');
    expect(lines).toContain('airflow_task_duration_bucket{le="0.005",dag_id="etl",task_id="load"} 1');
    expect(lines).toContain('airflow_task_duration_sum{dag_id="etl",task_id="load"} 0.004');
    expect(lines.some((line) => line.startsWith("process_resident_memory_bytes "))).toBe(true);
  });

  it("escapes what ids may hold", async () => {
    const metrics = await started();
    metrics.count("operator_failures", { operator: 'Odd"\\\nOperator' });
    expect(await scrape(metrics)).toContain('airflow_operator_failures{operator="Odd\\"\\\\\\nOperator"} 1');
  });

  it("asks for gauges when it is scraped, and forgets what was cleared", async () => {
    const metrics = await started();
    let pools = ["a", "b"];
    metrics.onScrape(async () => {
      metrics.clear("pool_open_slots");
      for (const pool of pools) metrics.gauge("pool_open_slots", 1, { pool_name: pool });
    });
    expect(await scrape(metrics)).toContain('airflow_pool_open_slots{pool_name="b"} 1');
    pools = ["a"];
    expect(await scrape(metrics)).not.toContain('pool_name="b"');
  });

  it("answers 500 with the reason when a gauge cannot be read", async () => {
    const metrics = await started();
    metrics.onScrape(() => Promise.reject(new Error("the database is down")));
    const response = await fetch(`http://127.0.0.1:${metrics.port}/metrics`);
    expect([response.status, await response.text()]).toEqual([500, "Error: the database is down\n"]);
  });

  it("answers nothing else, and lets go of its port", async () => {
    const metrics = await started();
    expect((await fetch(`http://127.0.0.1:${metrics.port}/`)).status).toBe(404);
    await metrics.stop();
    const again = await startMetrics({ host: "127.0.0.1", port: metrics.port });
    await again.stop();
  });

  it("says so when the port is taken", async () => {
    const other = createServer().listen(0, "127.0.0.1");
    await new Promise((resolve) => other.once("listening", resolve));
    onTestFinished(() => void other.close());
    const { port } = other.address() as { port: number };
    await expect(startMetrics({ host: "127.0.0.1", port })).rejects.toMatchObject({
      code: "TW_METRICS_PORT",
      message: `expected to open port ${port} of 127.0.0.1 for metrics, but another program has it`,
    });
  });

  it("cost nothing without a port", () => {
    noMetrics.count("ti_start", { dag_id: "etl", task_id: "load" });
    noMetrics.seconds("task_duration", 1, { dag_id: "etl", task_id: "load" });
  });
});
