/** Dynamic mapping: what is serialized, and what runs. */
import { describe, expect, it } from "vitest";
import { BashOperator, Dag, type GroupInputs, SkipException } from "../../src/index.ts";
import { testDag } from "../../src/testing/index.ts";
import { collectOne, taskOf } from "./support/collect.ts";

const date = { logicalDate: "2026-01-01T00:00:00Z" };

describe("expand", () => {
  it("runs one instance for each combination, the last name fastest", async () => {
    const dag = new Dag("dag", { autoRegister: false });
    const pair = dag.task(
      "pair",
      async ({ a, b, sign }: { a: number; b: string; sign: string }) => `${a}${sign}${b}`,
    );
    const pairs = pair
      .partial({ sign: "-" })
      .expand({ a: [1, 2], b: dag.task("letters", async () => ["x", "y", "z"])() });
    dag.task("all", async ({ pairs }: { pairs: string[] }) => pairs.join(" "))({ pairs });
    const run = await testDag(dag, date);
    expect(run.state).toBe("success");
    expect(run.results["all"]).toBe("1-x 1-y 1-z 2-x 2-y 2-z");
    expect(run.results["pair"]).toEqual(["1-x", "1-y", "1-z", "2-x", "2-y", "2-z"]);
    expect(run.xcom("pair", "return_value", 3)).toBe("2-x");
    expect(run.states["pair[5]"]).toBe("success");
  });

  it("takes an object as pairs of key and value", async () => {
    const dag = new Dag("dag", { autoRegister: false });
    dag
      .task("show", async ({ entry }: { entry: [string, number] }) => `${entry[0]}=${entry[1]}`)
      .expand({ entry: { a: 1, b: 2 } });
    expect((await testDag(dag, date)).results["show"]).toEqual(["a=1", "b=2"]);
  });

  it("skips a task with nothing to expand over", async () => {
    const dag = new Dag("dag", { autoRegister: false });
    dag
      .task("one", async ({ n }: { n: number }) => n)
      .expand({ n: dag.task("none", async (): Promise<number[]> => [])() });
    expect((await testDag(dag, date)).states).toEqual({ none: "success", one: "skipped" });
  });

  it("fails a task that returned nothing to expand over, or too much", async () => {
    const dag = new Dag("dag", { autoRegister: false });
    const list = dag.task("list", async () => Array.from({ length: 5 }, (_, i) => i))();
    dag.task("one", async ({ n }: { n: number }) => n).expand({ n: list });
    const run = await testDag(dag, { ...date, maxMapLength: 4 });
    expect(run.states).toEqual({ list: "failed", one: "upstream_failed" });
    expect(run.reasons["list"]).toContain("at most 4 values");
  });

  it("sees the values of map, zip and concat", async () => {
    const dag = new Dag("dag", { autoRegister: false });
    const numbers = dag.task("numbers", async () => [1, 2, 3])();
    const words = dag.task("words", async () => ["one", "two"])();
    const show = async ({ value }: { value: unknown }): Promise<string> => JSON.stringify(value);
    dag.task("mapped", show).expand({ value: numbers.map((n) => n * 10).map((n) => n + 1) });
    dag.task("zipped", show).expand({ value: numbers.zip(words) });
    dag.task("filled", show).expand({ value: words.zip(numbers, { fillvalue: "?" }) });
    dag.task("joined", show).expand({ value: numbers.concat(words, [true]) });
    const run = await testDag(dag, date);
    expect(run.results).toMatchObject({
      mapped: ["11", "21", "31"],
      zipped: ['[1,"one"]', '[2,"two"]'],
      filled: ['["one",1]', '["two",2]', '["?",3]'],
      joined: ["1", "2", "3", '"one"', '"two"', "true"],
    });
  });

  it("skips the instances whose map function says so", async () => {
    const dag = new Dag("dag", { autoRegister: false });
    const odd = dag
      .task("numbers", async () => [1, 2, 3])()
      .map((n) => {
        if (n % 2 === 0) throw new SkipException("even");
        return n;
      });
    dag.task("one", async ({ n }: { n: number }) => n).expand({ n: odd });
    const run = await testDag(dag, date);
    expect(run.states).toMatchObject({ "one[0]": "success", "one[1]": "skipped", "one[2]": "success" });
    expect(run.results["one"]).toEqual([1, 3]);
  });

  it("gives a function of map one index however often it is used", async () => {
    const dag = await collectOne(() => {
      const dag = new Dag("dag");
      const double = (n: number): number => n * 2;
      const numbers = dag.task("numbers", async () => [1])();
      dag.task("a", async ({ n }: { n: number }) => n).expand({ n: numbers.map(double) });
      dag.task("b", async ({ n }: { n: number }) => n).expand({ n: numbers.map(double).map((n) => n + 1) });
    });
    const steps = (taskId: string) => JSON.stringify(taskOf(dag, taskId).mapped);
    expect(steps("a")).toContain('"steps":[{"map":{"fn":0}}]');
    expect(steps("b")).toContain('"steps":[{"map":{"fn":0}},{"map":{"fn":1}}]');
    expect(dag.functions).toHaveLength(2);
  });
});

describe("expandKwargs", () => {
  it("runs one instance for each object", async () => {
    const dag = new Dag("dag", { autoRegister: false });
    const jobs = dag.task("jobs", async () => [
      { a: 1, b: 2 },
      { a: 3, b: 4 },
    ])();
    dag.task("add", async ({ a, b }: { a: number; b: number }) => a + b).expandKwargs(jobs);
    dag
      .task("times", async ({ a, b }: { a: number; b: number }) => a * b)
      .partial({ b: 10 })
      .expandKwargs([{ a: 1 }, { a: 2 }]);
    expect((await testDag(dag, date)).results).toMatchObject({ add: [3, 7], times: [10, 20] });
  });
});

describe("mapped operators", () => {
  it("expand over an option and render the others", async () => {
    const dag = new Dag("dag", { autoRegister: false });
    const echoed = dag.add(
      BashOperator.partial({ taskId: "echo", env: { DAY: "{{ ds }}" } }).expand({
        bashCommand: ["echo a $DAY", "echo b $DAY"],
      }),
    );
    dag.task("all", async ({ lines }: { lines: unknown[] }) => lines)({ lines: echoed });
    expect((await testDag(dag, date)).results["all"]).toEqual(["a 2026-01-01", "b 2026-01-01"]);
  });
});

describe("mapped groups", () => {
  const build = () => {
    const dag = new Dag("dag", { autoRegister: false });
    const perFile = dag.taskGroup(
      "per_file",
      (group, { file, suffix }: GroupInputs<{ file: string; suffix: string }>) => {
        const read = group.task("read", async ({ file }: { file: string }) => {
          if (file === "broken") throw new Error("unreadable");
          return [...file];
        })({ file });
        return group.task(
          "count",
          async ({ letters, suffix }: { letters: string[]; suffix: string }) => `${letters.length}${suffix}`,
        )({
          letters: read,
          suffix,
        });
      },
    );
    return { dag, perFile };
  };

  it("run every task once for each element, depth first, and give a list outside", async () => {
    const { dag, perFile } = build();
    const counts = perFile
      .partial({ suffix: "!" })
      .expand({ file: dag.task("files", async () => ["ab", "c"])() });
    dag.task("all", async ({ counts }: { counts: string[] }) => counts.join(" "))({ counts });
    const run = await testDag(dag, date);
    expect(run.results["all"]).toBe("2! 1!");
    expect(run.states).toMatchObject({ "per_file.read[1]": "success", "per_file.count[0]": "success" });
  });

  it("fail one element at a time", async () => {
    const { dag, perFile } = build();
    perFile.partial({ suffix: "" }).expand({ file: ["ab", "broken"] });
    const run = await testDag(dag, date);
    expect(run.states).toMatchObject({
      "per_file.read[0]": "success",
      "per_file.count[0]": "success",
      "per_file.read[1]": "failed",
      "per_file.count[1]": "upstream_failed",
    });
  });

  it("may be called once instead, with constants", async () => {
    const { dag, perFile } = build();
    perFile({ file: "abc", suffix: "?" });
    expect((await testDag(dag, date)).results["per_file.count"]).toBe("3?");
  });

  it("expand over objects", async () => {
    const { dag, perFile } = build();
    perFile.expandKwargs([
      { file: "a", suffix: "1" },
      { file: "bc", suffix: "2" },
    ]);
    expect((await testDag(dag, date)).results["per_file.count"]).toEqual(["11", "22"]);
  });
});
