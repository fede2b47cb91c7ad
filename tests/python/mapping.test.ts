/** What a Python task sees of what it is mapped over: a supervisor picks the element where it can, and nothing differs. */
import { expect, it } from "vitest";
import { describePython } from "./find-python.ts";
import { pythonWorld } from "./python-world.ts";

const dag = `
from airflow.sdk import dag, task

def sum_of(pair):
    return len(pair)

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

    @task
    def three():
        return ["a", "b", "c"]

    @task
    def joined(left=None, right=None, index=None):
        return f"{left!r} {right!r} {index}"

    def both_ways(name, left, right=None):
        over = {"left": left} if right is None else {"left": left, "right": right}
        shown.override(task_id=f"shown_{name}")(joined.override(task_id=name).expand(**over))

    letters, numbered, again = three(), table(), pairs()
    each = show.override(task_id="each").expand(value=letters)
    both_ways("product", letters, again)
    both_ways("of_mapped", each, numbered)
    both_ways("zipped", letters.zip(numbered, each, fillvalue=0))
    both_ways("concatenated", letters.concat(each).map(str.upper), again.map(sum_of))

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
    expect(await run.xcom("shown_product")).toEqual([
      "'a' [1, 'a'] None",
      "'a' [2, 'b'] None",
      "'b' [1, 'a'] None",
      "'b' [2, 'b'] None",
      "'c' [1, 'a'] None",
      "'c' [2, 'b'] None",
    ]);
    expect(await run.xcom("shown_of_mapped")).toEqual(
      ["a", "b", "c"].flatMap((letter) =>
        ["('x', 1)", "('y', None)"].map((entry) => `"str '${letter}'" ${entry} None`),
      ),
    );
    expect(await run.xcom("shown_zipped")).toEqual([
      `('a', ('x', 1), "str 'a'") None None`,
      `('b', ('y', None), "str 'b'") None None`,
      `('c', 0, "str 'c'") None None`,
    ]);
    expect(await run.xcom("shown_concatenated")).toEqual(
      ["'A'", "'B'", "'C'", `"STR 'A'"`, `"STR 'B'"`, `"STR 'C'"`].flatMap((text) => [
        `${text} 2 None`,
        `${text} 2 None`,
      ]),
    );
  });
});
