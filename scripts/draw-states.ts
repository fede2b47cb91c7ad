/** Writes docs/states.md from the table in src/core/transition.ts; `tests/core/transition.test.ts` compares the two. */
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { dagRunStates, finishedStates, taskInstanceStates } from "../src/core/states.ts";
import { type Cause, runTransitions, type Transition, taskTransitions } from "../src/core/transition.ts";

/** Transitions that lead from nearly everywhere are told in the tables; arrows for them would hide the rest. */
const drawn: ReadonlySet<Cause> = new Set(["planner", "dispatch", "attempt", "trigger"] as const);

const causes: readonly [Cause, string][] = [
  ["planner", "the decision about a run: trigger rules and the other preconditions"],
  ["dispatch", "the choice of what gets a slot, and the slot that took it"],
  ["attempt", "the end of an attempt, as its process reported it or as its loss was noticed"],
  ["trigger", "what a deferred task or a question to a person waited for"],
  ["user", "somebody clears or marks"],
  ["limit", "`fail_fast`, `dagrun_timeout`, or a run that was marked as ended"],
];

export function drawStates(): string {
  return `# States

The states are Airflow's. This page is drawn from \`src/core/transition.ts\` by \`scripts/draw-states.ts\`; a transition
that is not in the tables is refused. "none" is a task instance that has no state yet.

Who causes a transition:

${causes.map(([cause, words]) => `- **${cause}**: ${words}`).join("\n")}

## Task instances

States: ${taskInstanceStates.map((state) => `\`${state}\``).join(", ")}. Finished: ${[...finishedStates].map((state) => `\`${state}\``).join(", ")}.

The chart leaves out what people and limits do, and \`removed\`, which may follow everything.

${chart(taskTransitions.filter(({ to, by }) => drawn.has(by) && to !== "removed"))}

${table(taskTransitions)}

## Runs

States: ${dagRunStates.map((state) => `\`${state}\``).join(", ")}.

${chart(runTransitions)}

${table(runTransitions)}
`;
}

function chart(transitions: readonly Transition<string | null>[]): string {
  const labels = new Map<string, Set<Cause>>();
  for (const { from, to, by } of transitions) {
    const arrow = `${from ?? "none"} --> ${to ?? "none"}`;
    labels.set(arrow, (labels.get(arrow) ?? new Set()).add(by));
  }
  const arrows = [...labels].map(([arrow, by]) => `    ${arrow}: ${[...by].join(", ")}`);
  const start = transitions.some(({ from }) => from === null) ? "none" : "queued";
  return ["```mermaid", "stateDiagram-v2", `    [*] --> ${start}`, ...arrows, "```"].join("\n");
}

/** One line for each target, cause and occasion, with the states that it may come from. */
function table(transitions: readonly Transition<string | null>[]): string {
  const rows = new Map<string, string[]>();
  for (const { from, to, by, when } of transitions) {
    const row = `${quoted(to)} | ${by} | ${when} |`;
    rows.set(row, [...(rows.get(row) ?? []), quoted(from)]);
  }
  const lines = [...rows].map(([row, from]) => `| ${from.join(", ")} | ${row}`);
  return ["| from | to | by | when |", "| --- | --- | --- | --- |", ...lines].join("\n");
}

function quoted(state: string | null): string {
  return state === null ? "none" : `\`${state}\``;
}

if (process.argv[1] === import.meta.filename) {
  writeFileSync(join(import.meta.dirname, "../docs/states.md"), drawStates());
}
