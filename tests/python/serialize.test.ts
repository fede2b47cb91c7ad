/** Dags written in Python, as data: what the engine makes of them, and that TypeScript's equal ones are the same. */
import { spawnSync } from "node:child_process";
import { join } from "node:path";
import { beforeAll, expect, it } from "vitest";
import type { DagSpec, TaskSpec } from "../../src/core/dag-model.ts";
import { compileDag } from "../../src/core/graph.ts";
import { literalLength } from "../../src/core/mapping.ts";
import {
  Asset,
  BashOperator,
  chain,
  cronTrigger,
  Dag,
  EmptyOperator,
  Label,
  Param,
} from "../../src/index.ts";
import { collect } from "../sdk/support/collect.ts";
import { describePython, requirePython } from "./find-python.ts";

/** All Dags of a file of tests/python/dags, by id. */
function serialize(file: string): Map<string, DagSpec> {
  const script = join(import.meta.dirname, "serialize-file.py");
  const path = join(import.meta.dirname, "dags", file);
  const { status, stdout, stderr } = spawnSync(requirePython(), [script, path], { encoding: "utf8" });
  if (status !== 0) throw new Error(stderr);
  return new Map((JSON.parse(stdout) as DagSpec[]).map((spec) => [spec.dagId, spec]));
}

/** What must not differ between languages: all but names of operators, lines, colours and where arguments come from. */
function comparable(spec: DagSpec): unknown {
  return {
    ...without(spec, ["language", "line", "relativeFile"]),
    taskGroups: spec.taskGroups.map((group) => without(group, ["uiColor", "uiFgcolor"])),
    tasks: spec.tasks.map((task) => without(task, differing)),
  };
}

const differing: readonly (keyof TaskSpec)[] = [
  "line",
  "uiColor",
  "uiFgcolor",
  "docMd",
  "inputs",
  "options",
  "templateFields",
  "isolation",
  // Both eras' configuration says true, Airflow's TypeScript SDK false.
  "ignoreFirstDependsOnPast",
];

function without<T extends object>(value: T, names: readonly (keyof T)[]): Partial<T> {
  const kept = Object.entries(value).filter(([name]) => !names.includes(name as keyof T));
  return Object.fromEntries(kept) as Partial<T>;
}

describePython("a Dag in Python as data", () => {
  let dags: Map<string, DagSpec>;
  beforeAll(() => {
    dags = serialize("shapes.py");
  });
  const dag = (id: string): DagSpec => dags.get(id) as DagSpec;

  it("is what the TypeScript SDK makes of an equal one", async () => {
    const [shapes] = await collect(() => {
      const made = new Dag("shapes", {
        schedule: cronTrigger("0 6 * * *"),
        startDate: "2024-01-01",
        description: "All sorts of edges",
        tags: ["b", "a"],
        defaultArgs: { retries: 2, retryDelay: 30, owner: "team" },
        maxActiveRuns: 3,
        dagrunTimeout: { hours: 2 },
        params: { size: new Param(5, { type: "integer", minimum: 1, description: "How many" }) },
      });
      const start = made.add(new EmptyOperator({ taskId: "start" }));
      const end = made.add(
        new EmptyOperator({ taskId: "end", triggerRule: "none_failed_min_one_success", retries: 0 }),
      );
      const prepare = made.taskGroup("prepare", { tooltip: "Before the work" });
      const fetch = prepare.add(
        new BashOperator({
          taskId: "fetch",
          bashCommand: "echo {{ ds }}",
          pool: "net",
          executionTimeout: { minutes: 5 },
        }),
      );
      const clean = prepare.add(
        new BashOperator({
          taskId: "clean",
          bashCommand: "echo",
          outlets: [new Asset({ name: "clean", uri: "s3://bucket/clean" })],
        }),
      );
      fetch.before(Label("raw"), clean);
      chain(start, prepare, end);
    });
    expect(comparable(dag("shapes"))).toEqual(comparable(shapes?.spec as DagSpec));
  });

  it("compiles, with its edges, leaves and expansions", () => {
    const shapes = compileDag(dag("shapes"));
    expect(shapes.order.map((index) => shapes.tasks[index]?.spec.taskId)).toEqual([
      "start",
      "prepare.fetch",
      "prepare.clean",
      "end",
    ]);
    const mapped = compileDag(dag("mapped"));
    const of = (id: string) => mapped.tasks[mapped.indexOf.get(id) as number];
    expect(of("times")?.mapSources).toEqual([mapped.indexOf.get("numbers")]);
    expect(of("numbers")?.isMapSource).toBe(true);
    expect(of("each.inner")?.mappedGroup).toBe("each");
    expect(literalLength(of("each.inner")?.mapped as NonNullable<TaskSpec["mapped"]>)).toBe(2);
    expect(of("total")?.spec.upstream).toEqual(["times"]);
  });
});
