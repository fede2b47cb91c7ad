/** Dag files in Python through the Dag processor: found, imported, described, and what is wrong with them. */
import { describe, expect, it } from "vitest";
import { bench } from "../dag-processor/processor-bench.ts";
import { describePython, requirePython } from "./find-python.ts";

const withPython = (files: Record<string, string>, options = {}, interpreter = requirePython()) =>
  bench(files, {
    environment: { PATH: process.env["PATH"], PYTHONPATH: process.env["PYTHONPATH"] },
    python: { interpreter, idleSeconds: 60 },
    ...options,
  });

const good = `from airflow import DAG
from airflow.operators.empty import EmptyOperator

with DAG("good", schedule=None):
    EmptyOperator(task_id="a") >> EmptyOperator(task_id="b")
`;

describePython("the Dag processor imports Python files", () => {
  it("with the interpreter that runs their tasks, and the texts of their local modules", async () => {
    const { processor, sink } = withPython({
      "good.py": good.replace("from airflow import DAG", "from airflow import DAG\nimport team.names"),
      "team/__init__.py": "",
      "team/names.py": "first = 'a'\n",
      "plain.py": "print('no such words here')\n",
    });
    await processor.runOnce();
    expect([...sink.problems]).toEqual([]);
    const dag = sink.dags.get("good");
    expect(dag?.spec).toMatchObject({ dagId: "good", language: "python", relativeFile: "good.py" });
    expect(dag?.spec.tasks.map(({ taskId, upstream }) => [taskId, upstream])).toEqual([
      ["a", []],
      ["b", ["a"]],
    ]);
    expect(Object.keys(dag?.files ?? {}).sort()).toEqual(["good.py", "team/__init__.py", "team/names.py"]);
    expect(dag?.interpreter).toMatch(/python/);
    expect(sink.outcomes.map(({ relativeFile }) => relativeFile)).toEqual(["good.py"]);
  });

  it("again when a local module of theirs changes", async () => {
    const { processor, sink, write } = withPython({
      "good.py": good
        .replace("from airflow import DAG", "from airflow import DAG\nimport names")
        .replace('"a"', "names.first"),
      "names.py": "first = 'a'\n",
    });
    await processor.runOnce();
    write({ "names.py": "first = 'renamed'\n" });
    await processor.runOnce();
    expect(sink.dags.get("good")?.spec.tasks[0]?.taskId).toBe("renamed");
  });

  it("and leaves nothing of one file to the next", async () => {
    const { processor, sink } = withPython({
      "a/one.py": `${good.replace('"good"', "shared.name")}`.replace(
        "from airflow import DAG",
        "import sys, os\nsys.path.insert(0, os.path.dirname(__file__))\nimport shared\nfrom airflow import DAG",
      ),
      "a/shared.py": "name = 'one'\n",
      "b/two.py": `${good.replace('"good"', "shared.name")}`.replace(
        "from airflow import DAG",
        "import sys, os\nsys.path.insert(0, os.path.dirname(__file__))\nimport shared\nfrom airflow import DAG",
      ),
      "b/shared.py": "name = 'two'\n",
    });
    await processor.runOnce();
    expect([...sink.dags.keys()].sort()).toEqual(["one", "two"]);
  });

  describe("with a problem that names the place and the likely cause", () => {
    it.each([
      ["syntax", "from airflow import DAG\nx = (1 +\n", "TW_SYNTAX", 2, /SyntaxError/],
      [
        "tabs",
        "from airflow import DAG\nif True:\n        x = 1\n\ty = 2\n",
        "TW_SYNTAX",
        4,
        /tabs|TabError|unindent/,
      ],
      [
        "a name",
        "from airflow import DAG\nvalues = [1]\nprint(valeus)\n",
        "TW_DAG_FILE_THROWS",
        3,
        /did you mean "values"/,
      ],
      [
        "a module",
        "from airflow import DAG\nimport sklearnn_nowhere\n",
        "TW_IMPORT_NOT_FOUND",
        2,
        /pip install sklearnn_nowhere/,
      ],
      [
        "an exit",
        "import sys\nfrom airflow import DAG\nsys.exit(2)\n",
        "TW_DAG_FILE_EXIT",
        3,
        /inside of a task/,
      ],
      [
        "a misspelt argument",
        'from airflow import DAG\nDAG("x", schedule=None, cathcup=False)\n',
        null,
        2,
        /did you mean catchup/,
      ],
      [
        "a cycle",
        "from airflow import DAG\nfrom airflow.operators.empty import EmptyOperator\nwith DAG('x', schedule=None):\n    a = EmptyOperator(task_id='a')\n    b = EmptyOperator(task_id='b')\n    a >> b >> a\n",
        "TW_DAG_CYCLE",
        4,
        /expected no cycle in Dag x, but found a → b → a|b → a → b/,
      ],
      [
        "a task id twice",
        "from airflow import DAG\nfrom airflow.operators.empty import EmptyOperator\nwith DAG('x', schedule=None):\n    EmptyOperator(task_id='a')\n    EmptyOperator(task_id='a')\n",
        null,
        5,
        /'a' has already been added to the DAG/,
      ],
      [
        "a file",
        'from airflow import DAG\nopen("data/nowhere.csv")\n',
        "TW_DAG_FILE_THROWS",
        2,
        /os.path.dirname/,
      ],
    ])("%s", async (_, text, code, line, message) => {
      const { processor, sink } = withPython({ "bad.py": text });
      await processor.runOnce();
      const problem = sink.problems.get("bad.py");
      expect(problem).toMatchObject({ line, message: expect.stringMatching(message) });
      if (code !== null) expect(problem?.code).toBe(code);
      // A cycle has a line only.
      expect(problem?.column ?? 1).toBeGreaterThan(0);
    });

    it("one id in two files, with both", async () => {
      const { processor, sink, write } = withPython({ "good.py": good });
      await processor.runOnce();
      write({ "second.py": good });
      await processor.runOnce();
      expect(sink.problems.get("second.py")).toMatchObject({
        code: "TW_DAG_DUPLICATE_ID",
        line: 4,
        message: expect.stringContaining(
          '"good" is defined in good.py already, and again in second.py (line 4)',
        ),
      });
      expect(sink.dags.get("good")?.relativeFile).toBe("good.py");
    });

    it("in another file, with the line of the Dag file that imports it", async () => {
      const { processor, sink } = withPython({
        "bad.py": "from airflow import DAG\n\nimport helper\n",
        "helper.py": "x = 1\ny = nowhere\n",
      });
      await processor.runOnce();
      const problem = sink.problems.get("bad.py");
      expect(problem).toMatchObject({ line: 3, message: expect.stringMatching(/^helper\.py:2:/) });
    });
  });

  it("while others end their process, hang, fork or start threads", async () => {
    const { processor, sink } = withPython(
      {
        "a_crash.py": "# airflow dag\nimport os\nos._exit(3)\n",
        "b_segfault.py": "# airflow dag\nimport ctypes\nctypes.string_at(0)\n",
        "c_fork.py": `import os\nif os.fork() == 0:\n    pass\n${good.replace('"good"', '"forks"')}`,
        "d_thread.py": `import threading, time\nthreading.Thread(target=time.sleep, args=(60,), daemon=True).start()\n${good.replace('"good"', '"threads"')}`,
        "e_hang.py": "# airflow dag\nwhile True:\n    pass\n",
        "good.py": good,
      },
      { importTimeout: 3 },
    );
    await processor.runOnce();
    const code = (name: string) => sink.problems.get(name)?.code ?? null;
    expect([code("a_crash.py"), code("b_segfault.py"), code("e_hang.py")]).toEqual([
      "TW_DAG_FILE_CRASH",
      "TW_DAG_FILE_CRASH",
      "TW_DAG_FILE_TIMEOUT",
    ]);
    expect(["c_fork.py", "d_thread.py", "good.py"].map(code)).toEqual([null, null, null]);
    expect([...sink.dags.keys()].sort()).toEqual(["forks", "good", "threads"]);
  });

  it("says which interpreter is not there", async () => {
    const { processor, sink } = withPython({ "good.py": good }, {}, "/nowhere/python");
    await processor.runOnce();
    expect(sink.problems.get("good.py")?.message).toContain("/nowhere/python");
  });
});
