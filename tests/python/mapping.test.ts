/** What a Python task sees of what it is mapped over: a supervisor picks the element where it can, and nothing differs. */
import { expect, it } from "vitest";
import { describePython } from "./find-python.ts";
import { pythonWorld } from "./python-world.ts";

const dag = `
from airflow.sdk import dag, task

@dag(schedule=None)
def mapped():
    @task
    def pairs():
        return [[1, "a"], [2, "b"]]

    @task
    def table():
        return {"x": 1, "y": None}

    @task
    def both():
        return (3, {"k": {4}})

    @task
    def kwargs():
        return [{"value": 5}, {"value": None}]

    @task
    def long():
        return ["x" * 300_000, None, {"last": 1}]

    @task
    def show(value):
        return f"{type(value).__name__} {value!r}"[:40]

    @task
    def shown(values):
        return list(values)

    for source in (pairs, table, both, long):
        name = source.function.__name__
        shown.override(task_id=f"shown_{name}")(show.override(task_id=f"of_{name}").expand(value=source()))
    shown.override(task_id="shown_kwargs")(show.override(task_id="of_kwargs").expand_kwargs(kwargs()))

mapped()
`;

describePython("mapping of Python tasks", { timeout: 180_000 }, () => {
  it("gives each instance its element: of lists, dicts, tuples, and of a list too long for the database", async () => {
    const world = await pythonWorld({ "mapped.py": dag });
    const run = await world.run("mapped");
    expect(run.state, (await run.log("shown_pairs")).join("\n")).toBe("success");
    expect(await run.xcom("shown_pairs")).toEqual(["list [1, 'a']", "list [2, 'b']"]);
    expect(await run.xcom("shown_table")).toEqual(["tuple ('x', 1)", "tuple ('y', None)"]);
    expect(await run.xcom("shown_both")).toEqual(["int 3", "dict {'k': {4}}"]);
    expect(await run.xcom("shown_kwargs")).toEqual(["int 5", "NoneType None"]);
    expect(await run.xcom("shown_long")).toEqual([
      `str '${"x".repeat(35)}`,
      "NoneType None",
      "dict {'last': 1}",
    ]);
  });
});
