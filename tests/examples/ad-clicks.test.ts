import { existsSync } from "node:fs";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import { adClicks } from "../../examples/02_ad_clicks/pipeline.ts";
import { testDag } from "../../src/testing/index.ts";
import { mailServer } from "./mail-server.ts";
import { temporaryFolder } from "./temporary-folder.ts";

const advertising = fileURLToPath(new URL("../../../shared/data/advertising.csv", import.meta.url));

describe("the ad-click pipeline", () => {
  it("learns from generated rows, mails the accuracy and starts the status API", async () => {
    const { mails, connection } = await mailServer();
    const run = await testDag(adClicks, {
      params: { folder: await temporaryFolder(), email: "ann@example.com" },
      connections: { smtp_default: connection },
    });
    expect(run.state).toBe("success");
    const { accuracy } = run.results["load_model"] as { accuracy: number };
    expect(accuracy).toBeGreaterThan(0.93);
    expect(mails.map(({ subject }) => subject)).toEqual([
      `Ad clicks: accuracy ${accuracy}`,
      "ad_clicks succeeded",
    ]);
    expect(mails[0]?.html).toContain(run.runId);
    expect(run.triggered.map(({ dagId }) => dagId)).toEqual(["ad_clicks_api"]);
  });

  it.skipIf(!existsSync(advertising))("is right in at least 96 of 100 rows of the real file", async () => {
    const { connection } = await mailServer();
    const run = await testDag(adClicks, {
      params: { folder: await temporaryFolder(), data: advertising },
      connections: { smtp_default: connection },
    });
    expect((run.results["load_model"] as { accuracy: number }).accuracy).toBeGreaterThanOrEqual(0.96);
  });

  it("tells of a failure, and why", async () => {
    const { mails, connection } = await mailServer();
    const folder = await temporaryFolder();
    const data = join(folder, "broken.csv");
    await writeFile(data, "Age,Male\n31,0\nold,1\n");
    const run = await testDag(adClicks, {
      params: { folder, data },
      connections: { smtp_default: connection },
    });
    expect(run.state).toBe("failed");
    expect(run.tries["load_data"]).toBe(3);
    expect(mails.map(({ subject }) => subject)).toEqual(["ad_clicks failed"]);
    expect(run.attempts[0]?.message).toContain('there is no column "Daily Time Spent on Site"');
  });
});
