import { describe, expect, it } from "vitest";
import { LiveDisplay, type Screen } from "../../src/cli/progress/live-display.ts";
import {
  changes,
  drawRun,
  type InstanceView,
  type RunView,
  type Style,
} from "../../src/cli/progress/run-progress.ts";
import type { TaskInstanceState } from "../../src/core/states.ts";
import { systemClock } from "../../src/time.ts";

const style: Style = { colour: (_, text) => text, width: 80, height: 24 };

function instance(
  taskId: string,
  state: TaskInstanceState | null,
  more: Partial<InstanceView> = {},
): InstanceView {
  return { taskId, mapIndex: -1, state, tryNumber: 1, startDate: null, endDate: null, ...more };
}

const run = (instances: InstanceView[], state = "running"): RunView => ({
  dagId: "shop",
  runId: "manual__1",
  state,
  instances,
});

describe("drawRun", () => {
  it("has a line for each task with state, seconds and tries", () => {
    const drawn = drawRun(
      run([
        instance("load", "success", { startDate: 1000, endDate: 2500 }),
        instance("train", "running", { startDate: 3000, tryNumber: 2 }),
        instance("report", null),
      ]),
      3250,
      style,
    );
    expect(drawn.map((line) => line.trimEnd())).toEqual([
      "shop  running  manual__1",
      "  ✔ load      success          1.50 s",
      "  ▶ train     running          0.25 s  try 2",
      "  · report",
    ]);
  });

  it("draws the instances of a mapped task as one bar", () => {
    const states: TaskInstanceState[] = ["success", "success", "failed", "running"];
    const drawn = drawRun(
      run(states.map((state, mapIndex) => instance("fold", state, { mapIndex }))),
      0,
      style,
    );
    expect(drawn[1]).toBe(`  ✘ fold      ${"█".repeat(22)}${"░".repeat(8)} 3/4  1 failed  1 running`);
  });

  it("shows hours and minutes of long tasks", () => {
    const [, line] = drawRun(run([instance("train", "running", { startDate: 0 })]), 125_000, style);
    expect(line).toContain("2 min 5 s");
  });

  it("never draws a line as wide as the terminal, since it would wrap and spoil the next drawing", () => {
    const name = "a_task_with_a_name_that_is_longer_than_many_terminals_are_wide";
    const instances = [
      instance(name, "running", { startDate: 0 }),
      instance(`${name}_mapped`, "running", { mapIndex: 0 }),
      instance(`${name}_mapped`, "success", { mapIndex: 1 }),
    ];
    for (const width of [20, 40, 60, 80])
      for (const line of drawRun(run(instances), 1000, { ...style, width }))
        expect([...line].length).toBeLessThan(width);
  });

  it("folds finished tasks away first when the terminal is not high enough", () => {
    const done = Array.from({ length: 30 }, (_, i) => instance(`done_${i}`, "success"));
    const drawn = drawRun(run([...done, instance("now", "running", { startDate: 0 })]), 0, {
      ...style,
      height: 8,
    });
    expect(drawn.length).toBeLessThan(8);
    expect(drawn[1]).toContain("more");
    expect(drawn.at(-1)).toContain("now");
  });
});

describe("changes", () => {
  it("names an instance once for each new state or try", () => {
    const before = run([instance("a", "running"), instance("b", null)]);
    const after = run([instance("a", "running", { tryNumber: 2 }), instance("b", "queued")]);
    expect(changes(null, before).map(({ taskId }) => taskId)).toEqual(["a"]);
    expect(changes(before, before)).toEqual([]);
    expect(changes(before, after).map(({ taskId }) => taskId)).toEqual(["a", "b"]);
  });
});

describe("LiveDisplay", () => {
  const screen = (isTTY: boolean): Screen & { text: string } => ({
    text: "",
    write(text) {
      this.text += text;
    },
    isTTY,
    columns: 80,
    rows: 24,
    colours: false,
  });

  it("draws over what it drew before, on a terminal", () => {
    const on = screen(true);
    const display = new LiveDisplay(on, systemClock);
    display.show(run([instance("a", "running")]));
    on.text = "";
    display.show(run([instance("a", "success")], "success"));
    expect(on.text.startsWith("\u001b[2A\u001b[2K")).toBe(true);
    expect(on.text).toContain("✔ a");
  });

  it("lets a log line pass above what it drew", () => {
    const on = screen(true);
    const display = new LiveDisplay(on, systemClock);
    display.show(run([instance("a", "running")]));
    on.text = "";
    display.above(() => on.write("a warning\n"));
    expect(on.text.startsWith("\u001b[2A\u001b[0Ja warning\n\u001b[2Kshop")).toBe(true);
  });

  it("writes a plain line for each change, in a pipe", () => {
    const on = screen(false);
    const display = new LiveDisplay(on, systemClock);
    display.show(run([instance("a", "running", { mapIndex: 3 })]));
    display.show(run([instance("a", "success", { mapIndex: 3, startDate: 0, endDate: 1500 })], "success"));
    const lines = on.text.trimEnd().split("\n");
    expect(lines.map((line) => line.replace(/^\S+ /, ""))).toEqual([
      "shop a[3] running",
      "shop run manual__1 running",
      "shop a[3] success (1.50 s)",
      "shop run manual__1 success",
    ]);
    expect(on.text).not.toContain("\u001b");
  });
});
