import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { iris } from "../../examples/01_iris/pipeline.ts";
import { testDag } from "../../src/testing/index.ts";
import { temporaryFolder } from "./temporary-folder.ts";

describe("the iris pipeline", () => {
  it("reaches the accuracy of its Python original, in a file and as an XCom", async () => {
    const folder = await temporaryFolder();
    const run = await testDag(iris, { params: { folder }, runId: "test_1" });
    expect(run.state).toBe("success");
    expect(run.order).toEqual(["load_data", "preprocess", "train", "evaluate"]);
    expect(run.xcom("evaluate", "accuracy")).toBe(1);
    expect(await readFile(join(folder, "test_1/accuracy.txt"), "utf8")).toBe("Accuracy: 1\n");
  });

  it("tries a task that failed once more", async () => {
    const folder = await temporaryFolder();
    const mocks = {
      train: () => {
        throw new Error("no memory left");
      },
    };
    const run = await testDag(iris, { params: { folder }, mocks });
    expect(run.state).toBe("failed");
    expect(run.tries["train"]).toBe(2);
    expect(run.states["evaluate"]).toBe("upstream_failed");
  });
});
