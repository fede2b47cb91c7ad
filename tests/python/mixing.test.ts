/** Tasks whose functions are in a file of the other language, under the scheduler and its worker. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, it } from "vitest";
import { bench } from "../dag-processor/processor-bench.ts";
import { describePython, hasPackages, requirePython } from "./find-python.ts";
import { pythonWorld } from "./python-world.ts";

const examples = join(import.meta.dirname, "../../examples");

describePython("Dags of both languages", { timeout: 60_000 }, () => {
  it("a TypeScript Dag calls Python functions and scripts, with templates, types and errors", async () => {
    const world = await pythonWorld({
      "calls.ts": `import { Dag } from "tradewind";
const dag = new Dag("calls", { schedule: null });
const made = dag.python("lib/values.py:make", { day: "{{ run_id }}" });
const used = dag.python("lib/values.py:use", { made, word: "{{ dag.dag_id }}" });
const read = dag.task("read", async ({ made }: { made: any }) => [made.when instanceof Date, made.kinds instanceof Set]);
read({ made: made as any });
used.before(dag.python("lib/values.py:fail", {}, { taskId: "fail" }), dag.python("lib/values.py:skip"));
dag.if(dag.python<boolean>("lib/values.py:yes")).then(dag.python("script.py", {}, { argv: ["{{ dag.dag_id }}"] })).else(dag.task("no", async () => 1)());
`,
      "lib/values.py": `from datetime import datetime, timezone
from lib.names import word_of
from airflow.exceptions import AirflowSkipException

def make(day, run_id=None):
    return {"when": datetime(2024, 1, 2, tzinfo=timezone.utc), "kinds": {1, 2}, "same": day == run_id, "text": "{{ not a template }}"}

def use(made, word, ti):
    ti.xcom_push(key="extra", value=word)
    return [made["when"].year, sorted(made["kinds"]), made["same"], made["text"], word_of(word)]

def fail():
    raise ValueError("no such model")

def skip():
    raise AirflowSkipException("nothing to do")

def yes():
    with open("data/yes.txt", "w") as file:
        file.write("yes")
    return True
`,
      "lib/names.py": "def word_of(word):\n    return word.upper()\n",
      "script.py": "import sys\nif __name__ == '__main__':\n    print('script got', *sys.argv[1:])\n",
    });
    const run = await world.run("calls");
    expect(run.states).toMatchObject({
      make: "success",
      use: "success",
      read: "success",
      fail: "failed",
      skip: "skipped",
      yes: "success",
      script: "success",
      no: "skipped",
    });
    expect(await run.xcom("use")).toEqual([2024, [1, 2], true, "{{ not a template }}", "CALLS"]);
    expect(await run.xcom("use", "extra")).toBe("calls");
    expect(await run.xcom("read")).toEqual([true, true]);
    expect((await run.log("fail")).join("\n")).toContain("ValueError: no such model");
    expect((await run.log("script")).join("\n")).toContain("script got calls");
  });

  it.skipIf(!hasPackages("pendulum"))("the examples of both run", async () => {
    const text = (name: string) => readFileSync(join(examples, name), "utf8");
    const mixed = ["pipeline.ts", "steps.py", "report.py"].map((name) => [
      `mixed/${name}`,
      text(`12_mixed_languages/${name}`),
    ]);
    const airflowFiles = ["mixed_languages.py", "scoring.ts"].map((name) => [name, text(`airflow/${name}`)]);
    const world = await pythonWorld(
      Object.fromEntries([...mixed, ...airflowFiles]) as Record<string, string>,
    );
    const typescript = await world.run("mixed_languages");
    expect(typescript.state).toBe("success");
    expect(await typescript.xcom("train")).toMatchObject({ centres: { setosa: 1.35, versicolor: 4.6 } });
    expect(await typescript.xcom("classify")).toBe("versicolor");
    const airflow = await world.run("mixed_airflow");
    expect(await airflow.xcom("score")).toEqual([0, 1, 0]);
    expect(await airflow.xcom("report")).toBe("1 of 3 are long");
  });

  it("a Python Dag is told what its TypeScript function threw, and what is wrong with its name", async () => {
    const world = await pythonWorld({
      "stubs.py": `from airflow.sdk import dag, task

@dag("stubs", schedule=None)
def stubs():
    @task.stub(handler="steps.ts:fails")
    def fails(): ...

    @task.stub
    def named(**context): ...

    fails()
    named()

stubs()
`,
      "steps.ts": `import { getClient } from "tradewind";
import { word } from "./word.ts";
export async function fails(): Promise<void> { throw new RangeError("too far: " + word); }
`,
      "word.ts": "export const word = 'west';\n",
      "stubs.ts": `import { getContext } from "tradewind";
export const named = async () => getContext().taskId;
`,
    });
    const run = await world.run("stubs");
    expect(run.states).toEqual({ fails: "failed", named: "success" });
    expect((await run.log("fails")).join("\n")).toContain("RangeError: too far: west");
    expect(await run.xcom("named")).toBe("named");
  });

  it("what is called and not there is an error of the Dag file, with its line", async () => {
    const { processor, sink } = bench(
      {
        "a.ts":
          'import { Dag } from "tradewind";\nconst dag = new Dag("a", { schedule: null });\ndag.python("steps.py:trian");\n',
        "b.ts":
          'import { Dag } from "tradewind";\nconst dag = new Dag("b", { schedule: null });\ndag.python("nowhere.py:train");\n',
        "c.ts":
          'import { Dag } from "tradewind";\nconst dag = new Dag("c", { schedule: null });\n\ndag.python("steps");\n',
        "steps.py": "def train():\n    return 1\n",
        "d.py":
          "from airflow.sdk import DAG, task\nwith DAG('d', schedule=None):\n    @task.stub(handler='steps.ts:nowhere')\n    def x(): ...\n    x()\n",
      },
      {
        environment: { PATH: process.env["PATH"] },
        python: { interpreter: requirePython(), idleSeconds: 60 },
      },
    );
    await processor.runOnce();
    const problem = (name: string) => sink.problems.get(name);
    expect(problem("a.ts")).toMatchObject({
      line: 3,
      message: expect.stringContaining('did you mean "train"?'),
    });
    expect(problem("b.ts")).toMatchObject({
      line: 3,
      message: expect.stringContaining("but it is not there"),
    });
    expect(problem("c.ts")).toMatchObject({ line: 4, message: expect.stringContaining("file.py:function") });
    expect(problem("d.py")?.message).toContain("steps.ts");
  });
});
