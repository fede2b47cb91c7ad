/** The pipelines under the real scheduler, with real task processes and a real database. */
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { runningWorld } from "./running-world.ts";

describe("under the scheduler", { timeout: 120_000 }, () => {
  it("iris runs to its end", async () => {
    const world = await runningWorld(["iris"]);
    const run = await world.run("iris", { folder: world.folder });
    expect(run.state).toBe("success");
    expect(await run.xcom("evaluate", "accuracy")).toBe(1);
    const file = (await run.xcom("evaluate", "file")) as string;
    expect(file).toBe(join(world.folder, run.runId.replaceAll(/[^\w.+-]/g, "_"), "accuracy.txt"));
    expect(await readFile(file, "utf8")).toBe("Accuracy: 1\n");
  });
});
