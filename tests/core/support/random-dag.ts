/** Random Dags for properties: every rule, setups and teardowns, mapping, retries. */
import * as fc from "fast-check";
import { type CompiledDag, relatives } from "../../../src/core/graph.ts";
import { type TriggerRule, triggerRules } from "../../../src/core/states.ts";
import { dagOf, literal, returned, type TaskWords } from "./build-dag.ts";

export interface DagChoices {
  rules?: readonly TriggerRule[];
  /** "many": a third of the tasks are setups, another third teardowns. */
  setups?: boolean | "many";
  mapping?: boolean;
  failFast?: boolean;
  most?: number;
}

const taskRules = triggerRules.filter((rule) => rule !== "all_done_setup_success");

interface TaskDraw {
  edges: number;
  rule: TriggerRule;
  role: number;
  over: number;
  retries: number;
  empty: boolean;
}

/** Shrinks to fewer tasks and fewer edges. */
export function randomDag(choices: DagChoices = {}): fc.Arbitrary<CompiledDag> {
  const draw: fc.Arbitrary<TaskDraw> = fc.record({
    edges: fc.nat(255),
    rule: fc.constantFrom(...(choices.rules ?? taskRules)),
    role: fc.nat(choices.setups === "many" ? 2 : 5),
    over: fc.nat(11),
    retries: fc.nat(2),
    empty: fc.boolean(),
  });
  const draws = fc.array(draw, { minLength: 1, maxLength: choices.most ?? 8 });
  return fc
    .tuple(draws, fc.boolean(), fc.boolean())
    .map(([tasks, group, failFast]) => build(tasks, group, choices.failFast === true && failFast, choices));
}

function build(draws: TaskDraw[], group: boolean, failFast: boolean, choices: DagChoices): CompiledDag {
  const tasks: { [taskId: string]: TaskWords } = {};
  for (const [at, draw] of draws.entries()) {
    const after = draws.flatMap((_, other) => (other < at && (draw.edges >> other) & 1 ? [`t${other}`] : []));
    tasks[`t${at}`] = {
      after,
      triggerRule: draw.rule,
      retries: draw.retries,
      empty: draw.empty && draw.retries === 0,
    };
  }
  if (choices.setups) addSetups(tasks, draws);
  const groups = choices.mapping ? addMapping(tasks, draws, group) : {};
  return dagOf(tasks, { groups, failFast });
}

/** Role 1 is a setup, role 2 a teardown of the last setup before it. */
function addSetups(tasks: { [taskId: string]: TaskWords }, draws: TaskDraw[]): void {
  let setup: string | null = null;
  for (const [at, { role }] of draws.entries()) {
    const task = tasks[`t${at}`] as TaskWords;
    if (role === 1) {
      task.isSetup = true;
      setup = `t${at}`;
    } else if (role === 2 && setup !== null) {
      task.isTeardown = true;
      task.triggerRule = "all_done_setup_success";
      if (!task.after?.includes(setup)) task.after?.push(setup);
    }
  }
}

/** One task, or a group of all that follows it at a distance of two, is expanded over a task or a literal. */
function addMapping(
  tasks: { [taskId: string]: TaskWords },
  draws: TaskDraw[],
  group: boolean,
): { [groupId: string]: { mapped: { expand: { x: ReturnType<typeof returned> } } } } {
  const groups: ReturnType<typeof addMapping> = {};
  for (const [at, { over }] of draws.entries()) {
    const task = tasks[`t${at}`] as TaskWords;
    if (at === 0 || over > 5 || task.isSetup || task.isTeardown || task.triggerRule === "always") continue;
    const source = `t${over % at}`;
    task.empty = false;
    if (tasks[source]) tasks[source].empty = false;
    const value = over === 5 ? literal(1, 2, 3) : returned(source);
    if ("xcom" in value && !task.after?.includes(source)) task.after?.push(source);
    if (!group) {
      task.mapped = { expand: { x: value } };
      continue;
    }
    groups["g"] = { mapped: { expand: { x: value } } };
    for (const other of [at, at + 1]) {
      const member = tasks[`t${other}`];
      if (!member || member.isSetup || member.isTeardown || member.triggerRule === "always") continue;
      member.groupId = "g";
      member.empty = false;
      if ("xcom" in value && !member.after?.includes(source)) member.after?.push(source);
    }
    break;
  }
  return groups;
}

/** Tasks that must be finished before the teardown may begin. */
export function scopeOf(dag: CompiledDag, teardown: number): number[] {
  const task = dag.tasks[teardown];
  const setups = task?.upstream.filter((index) => dag.tasks[index]?.spec.isSetup) ?? [];
  const before = new Set(relatives(dag, teardown, "upstream"));
  return setups.flatMap((setup) => relatives(dag, setup, "downstream").filter((index) => before.has(index)));
}
