/**
 * What the compiler says of Dag files. Not run: `tsc` checks it, and each `@ts-expect-error` is a mistake that it
 * must find.
 */

import {
  chain,
  Dag,
  type GroupInputs,
  Label,
  type TaskRef,
  withArgList,
  type XComArg,
} from "../../src/index.ts";
import { BashOperator } from "../../src/sdk/operators/bash.ts";

const dag = new Dag("types", { schedule: "@daily", startDate: new Date(0), defaultArgs: { retries: 1 } });

interface Row {
  readonly region: string;
  readonly count: number;
}

// Factories take what the handler takes, as references or as values.
const extract = dag.task("extract", async (): Promise<Row[]> => []);
const total = dag.task(
  "total",
  async ({ rows, region }: { rows: Row[]; region: string }) => rows.length + region.length,
);
const rows: TaskRef<Row[]> = extract();
const counted: TaskRef<number> = total({ rows, region: "eu" });
// @ts-expect-error a number is not a list of rows
total({ rows: counted, region: "eu" });
// @ts-expect-error an argument is missing
total({ rows });
// @ts-expect-error an argument too many
total({ rows, region: "eu", year: 2026 });
// @ts-expect-error a literal of the wrong type
total({ rows, region: 7 });
// @ts-expect-error the factory itself is not a reference
total({ rows: extract, region: "eu" });
// @ts-expect-error a task without arguments is called without
extract({ rows });
// @ts-expect-error the result of a task is not that of another
const wrong: TaskRef<string> = counted;
total(withArgList(rows, "eu"));

// What JSON cannot carry can be given by reference only.
const when = dag.task("when", async ({ at }: { at: Date }) => at.getTime());
// @ts-expect-error a Date is not JSON
when({ at: new Date(0) });
when({ at: dag.task("now", async () => new Date(0))() });

// Optional arguments may be left out.
const optional = dag.task("optional", async ({ limit = 3 }: { limit?: number }) => limit);
optional();
optional({ limit: 4 });

// Interfaces count as JSON.
const one = dag.task("one", async ({ row }: { row: Row }) => row.count);
one({ row: { region: "eu", count: 1 } });

// A wider value does where a narrower one is asked for.
const summary = dag.task("summary", async () => ({ count: 1, region: "eu", note: "x" }))();
one({ row: summary });
const any: XComArg = summary;

// Mapping is typed on the element.
const mapped: TaskRef<number[]> = one.expand({ row: rows });
one.expand({ row: [{ region: "eu", count: 1 }] });
// @ts-expect-error a list of numbers is not a list of rows
one.expand({ row: [1, 2] });
// @ts-expect-error a number cannot be expanded over
one.expand({ row: counted });
const scaled = dag.task(
  "scaled",
  async ({ value, factor }: { value: number; factor: number }) => value * factor,
);
scaled.partial({ factor: 2 }).expand({ value: mapped });
scaled.expand({ value: mapped, factor: [1, 2] });
// @ts-expect-error factor is neither in partial() nor in expand()
scaled.expand({ value: mapped });
// @ts-expect-error partial() of an unknown argument
scaled.partial({ weight: 1 });
scaled.expandKwargs([{ value: 1, factor: 2 }]);
// @ts-expect-error an element without factor
scaled.expandKwargs([{ value: 1 }]);
const entry = dag.task("entry", async ({ pair }: { pair: [string, number] }) => pair[1]);
entry.expand({ pair: { a: 1, b: 2 } });
const lengths: XComArg<number[]> = rows.map((row) => row.region.length);
scaled.partial({ factor: 1 }).expand({ value: lengths });
// @ts-expect-error map's function gets an element
rows.map((row) => row.unknown);
const zipped: XComArg<[Row, number][]> = rows.zip(mapped);
const joined: XComArg<(Row | number)[]> = rows.concat(mapped);
entry.expand({ pair: rows.map((row): [string, number] => [row.region, row.count]) });

// Branches take tasks of the right type.
const check = dag.task("check", async ({ count }: { count: number }) => count > 0)({ count: counted });
dag.if(check).then(mapped).else(counted);
// @ts-expect-error a condition returns true or false
dag.if(counted);
// @ts-expect-error a factory is not a placed task
dag.if(check).then(total);
const size = dag.task("size", async (): Promise<"small" | "large"> => "small")();
dag.switch(size).case("small", mapped).case("large", counted).default(rows);
// @ts-expect-error not one of the values that the task returns
dag.switch(size).case("huge", mapped);
const pick = dag.task("pick", async () => (Math.random() > 0.5 ? mapped : counted))();
dag.switch(pick).case(mapped).case(counted);
const gate = dag.branch("gate", async ({ count }: { count: number }) => (count > 0 ? "a" : ["b"]));
gate({ count: counted });
// @ts-expect-error a branch returns ids or references
dag.branch("bad", async () => 7);
const ready: TaskRef<{ size: number }> = dag.sensor("ready", async () => ({
  isDone: true,
  value: { size: 1 },
}))();

// Groups.
const perFile = dag.taskGroup("per_file", (group, { file }: GroupInputs<{ file: string }>) => {
  const read = group.task("read", async ({ file }: { file: string }) => file.length);
  return read({ file });
});
const sizes: TaskRef<number[]> = perFile.expand({ file: ["a", "b"] });
// @ts-expect-error the group is expanded over strings
perFile.expand({ file: [1] });
dag.taskGroup("plain", { tooltip: "x" }).before(counted);

// Edges.
counted.before(mapped, [rows]).after(Label("no"), check);
chain(rows, [counted, mapped], Label("yes"), ready);
// @ts-expect-error not a task
counted.after("rows");

// Options.
new Dag("a", { schedule: null, timezone: "Europe/Berlin", dagrunTimeout: { hours: 1 }, tags: ["x"] });
// @ts-expect-error unknown option
new Dag("b", { schedul: "@daily" });
// @ts-expect-error wrong type
new Dag("c", { maxActiveRuns: "3" });
dag.task("options", async () => 1, {
  retries: 2,
  retryDelay: "PT5M",
  triggerRule: "all_done",
  pool: "gpu_pool",
});
// @ts-expect-error not a trigger rule
dag.task("rule", async () => 1, { triggerRule: "sometimes" });
// @ts-expect-error unknown option
dag.task("typo", async () => 1, { retrys: 2 });

// Operators.
dag.add(new BashOperator({ taskId: "ls", bashCommand: "ls", retries: 2 }));
dag.add(new BashOperator({ taskId: "ls2", bashCommand: dag.task("command", async () => "ls")() }));
// @ts-expect-error the command is missing
dag.add(new BashOperator({ taskId: "ls3" }));
// @ts-expect-error a command is a string
dag.add(new BashOperator({ taskId: "ls4", bashCommand: counted }));
// @ts-expect-error unknown option
dag.add(new BashOperator({ taskId: "ls5", bashCommand: "ls", bashComand: "x" }));
dag.add(BashOperator.partial({ taskId: "each" }).expand({ bashCommand: ["ls a", "ls b"] }));
// @ts-expect-error a list of numbers
dag.add(BashOperator.partial({ taskId: "each2" }).expand({ bashCommand: [1] }));
dag.triggerDagRun({ taskId: "other", dagId: "other", conf: { a: 1 } }).after(counted);
// @ts-expect-error the Dag is missing
dag.triggerDagRun({ taskId: "other2" });

export { any, joined, sizes, wrong, zipped };

const region: XComArg<string> = summary.output("region");
const pushed: XComArg<number> = summary.output<number>("other");

export { pushed, region };
