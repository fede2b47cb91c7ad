/**
 * Branching: one of several ways is taken, the others are skipped, and a task after them runs all the same.
 *
 * `dag.if` and `dag.switch` read a task's result; `dag.branch` is a task that returns the ids to follow. A task whose
 * trigger rule is "none_failed_min_one_success" joins the ways again: the default, "all_success", would be skipped
 * together with the way that was not taken.
 */
import { Dag, EmptyOperator, getContext, Label, Param } from "tradewind";

export const branching = new Dag("branching", {
  schedule: null,
  tags: ["example"],
  params: { rows: new Param(250, { type: "integer", minimum: 0, description: "How many rows came in" }) },
});

const count = branching.task("count_rows", async (): Promise<number> => {
  return Number(getContext().params["rows"]);
})();

const size = branching.task("size", async ({ rows }: { rows: number }): Promise<"none" | "few" | "many"> => {
  if (rows === 0) return "none";
  return rows < 1000 ? "few" : "many";
})({ rows: count });

const inMemory = branching.task(
  "in_memory",
  async ({ rows }: { rows: number }) => `${rows} rows in memory`,
)({ rows: count });
const inChunks = branching.task(
  "in_chunks",
  async ({ rows }: { rows: number }) => `${rows} rows in chunks`,
)({ rows: count });
const nothing = branching.add(new EmptyOperator({ taskId: "nothing_to_do" }));

branching.switch(size).case("few", inMemory).case("many", inChunks).default(nothing);

const publish = branching.add(
  new EmptyOperator({ taskId: "publish", triggerRule: "none_failed_min_one_success" }),
);
publish.after(inMemory, inChunks, nothing);

// The same with a task that names the way itself. The label stands on the edge in every drawing of the graph.
const review = branching.add(new EmptyOperator({ taskId: "review" }));
const archive = branching.add(new EmptyOperator({ taskId: "archive" }));
const route = branching.branch("route", async ({ rows }: { rows: number }) =>
  rows % 2 === 1 ? "review" : "archive",
);
const routed = route({ rows: count });
routed.before(Label("odd"), review);
routed.before(Label("even"), archive);
