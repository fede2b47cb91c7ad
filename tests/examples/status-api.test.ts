import { describe, expect, it } from "vitest";
import { adClicksApi } from "../../examples/02_ad_clicks/status-api.ts";
import { testDag } from "../../src/testing/index.ts";
import { ask } from "./ask.ts";
import { freePort } from "./free-port.ts";

describe("the status API", () => {
  it.each([
    ["success", "/success", "The pipeline succeeded"],
    ["failed", "/failure", "The pipeline failed"],
  ])("leads to the page of a run that ended as %s, until it is stopped", async (state, path, title) => {
    const port = await freePort();
    const dagRuns = [{ dagId: "ad_clicks", runId: "run_1", state }];
    const running = testDag(adClicksApi, { params: { port }, dagRuns });
    const base = `http://127.0.0.1:${port}`;
    const health = await ask(`${base}/health`);
    expect(await health.json()).toEqual({ status: "ok", lastRun: { runId: "run_1", state } });
    const redirect = await ask(`${base}/api`);
    expect([redirect.status, redirect.headers.get("location")]).toEqual([302, path]);
    expect(await (await ask(`${base}${path}`)).text()).toContain(title);
    expect((await ask(`${base}/nothing`)).status).toBe(404);
    expect((await ask(`${base}/stop`, { method: "POST" })).status).toBe(202);
    const run = await running;
    expect(run.state).toBe("success");
    expect(run.results["serve"]).toBe(5);
  });

  it("has nothing to lead to before the first run", async () => {
    const port = await freePort();
    const running = testDag(adClicksApi, { params: { port } });
    expect((await ask(`http://127.0.0.1:${port}/api`)).status).toBe(404);
    await ask(`http://127.0.0.1:${port}/stop`, { method: "POST" });
    expect((await running).state).toBe("success");
  });
});
