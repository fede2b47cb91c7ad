/** Models in memory: loaded once, replaced without a gap, closed when their last request has ended. */
import { describe, expect, it } from "vitest";
import { MicroBatches } from "../../../src/ml/serving/micro-batches.ts";
import { ModelHost } from "../../../src/ml/serving/model-host.ts";
import type { Prediction, Rows } from "../../../src/ml/serving/rows.ts";
import type { ServedModel } from "../../../src/ml/serving/served-model.ts";

/** Answers its folder's name for each row, when it is let. */
class SlowModel implements ServedModel {
  readonly platform = "test";
  readonly signature = null;
  readonly inputExample = null;
  readonly asked: number[] = [];
  closed = false;
  #waiting: (() => void)[] = [];
  readonly #name: string;
  constructor(name: string) {
    this.#name = name;
  }
  async predict({ rows }: Rows): Promise<Prediction> {
    this.asked.push(rows.length);
    await new Promise<void>((resolve) => this.#waiting.push(resolve));
    if (rows.some(([value]) => value === "bad")) throw new Error("a bad row");
    return {
      predictions: rows.map(() => this.#name),
      more: { twice: rows.map(([value]) => [value, value]) },
    };
  }
  /** Lets everything go that waits now, and what comes of it. */
  async go(): Promise<void> {
    for (let turn = 0; turn < 10; turn++) {
      for (const resolve of this.#waiting.splice(0)) resolve();
      await new Promise<void>((resolve) => setImmediate(resolve));
    }
  }
  async close(): Promise<void> {
    this.closed = true;
  }
}

const one = (value: unknown): Rows => ({ columns: null, rows: [[value]] });

describe("MicroBatches", () => {
  it("asks for everything that waits at once, and deals the answers out", async () => {
    const model = new SlowModel("m");
    const batches = new MicroBatches(model);
    const answers = ["a", "b", "c"].map((value) => batches.predict(one(value), {}));
    await model.go();
    expect(model.asked).toEqual([1, 2]);
    expect((await Promise.all(answers)).map(({ more }) => more["twice"])).toEqual([
      [["a", "a"]],
      [["b", "b"]],
      [["c", "c"]],
    ]);
  });

  it("fails only the request with the bad row", async () => {
    const model = new SlowModel("m");
    const batches = new MicroBatches(model);
    const first = batches.predict(one("first"), {});
    const settled = Promise.allSettled(["a", "bad", "c"].map((value) => batches.predict(one(value), {})));
    await model.go();
    await first;
    await model.go();
    expect((await settled).map(({ status }) => status)).toEqual(["fulfilled", "rejected", "fulfilled"]);
  });

  it("does not mix requests with other params", async () => {
    const model = new SlowModel("m");
    const batches = new MicroBatches(model);
    void batches.predict(one(0), {});
    void batches.predict(one(1), { a: 1 });
    void batches.predict(one(2), { a: 2 });
    await model.go();
    expect(model.asked).toEqual([1, 1, 1]);
  });
});

describe("ModelHost", () => {
  function hosting() {
    const models = new Map<string, SlowModel>();
    const leads = { to: "v1" };
    let loads = 0;
    const host = new ModelHost({
      resolve: async (references) =>
        new Map(references.map((one) => [one, { name: "iris", version: leads.to, folder: leads.to }])),
      load: async (folder) => {
        loads += 1;
        if (folder === "broken") throw new Error("no such model");
        const model = new SlowModel(folder);
        models.set(folder, model);
        return model;
      },
      warn: () => undefined,
    });
    return { host, leads, models, loads: () => loads };
  }

  it("loads a model once for requests that meet", async () => {
    const { host, loads } = hosting();
    const [a, b] = await Promise.all([host.get("models:/iris@champion"), host.get("models:/iris@champion")]);
    expect(a).toBe(b);
    expect(loads()).toBe(1);
  });

  it("lets the old version answer what it was asked, and closes it then", async () => {
    const { host, leads, models } = hosting();
    const before = await host.get("models:/iris@champion");
    const open = Promise.resolve(before.predict(one(1), {}));
    leads.to = "v2";
    expect(await host.refresh()).toEqual(["models:/iris@champion"]);
    const after = await host.get("models:/iris@champion");
    expect(after.version).toBe("v2");
    expect(models.get("v1")?.closed).toBe(false);
    await models.get("v1")?.go();
    expect((await open).predictions).toEqual(["v1"]);
    await models.get("v1")?.go();
    expect(models.get("v1")?.closed).toBe(true);
  });

  it("keeps the version of before when the new one cannot be loaded", async () => {
    const { host, leads } = hosting();
    await host.get("models:/iris@champion");
    leads.to = "broken";
    expect(await host.refresh()).toEqual([]);
    expect((await host.get("models:/iris@champion")).version).toBe("v1");
  });
});
