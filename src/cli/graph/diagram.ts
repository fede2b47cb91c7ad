/** A Dag as Mermaid, DOT, or SVG (drawn by Graphviz compiled to WebAssembly, loaded when asked for). */
import type { DagSpec, TaskGroupSpec, TaskSpec } from "../../core/dag-model.ts";

export function toMermaid(spec: DagSpec): string {
  const ids = new Map(spec.tasks.map((task, i) => [task.taskId, `t${i}`]));
  const lines = ["flowchart LR"];
  const node = (task: TaskSpec, depth: number): string =>
    `${"  ".repeat(depth)}${ids.get(task.taskId)}${mermaidShape(task)}`;
  eachGroup(spec, {
    open: (group, depth) =>
      lines.push(`${"  ".repeat(depth)}subgraph g${spec.taskGroups.indexOf(group)}[${quoted(group.label)}]`),
    task: (task, depth) => lines.push(node(task, depth)),
    close: (_, depth) => lines.push(`${"  ".repeat(depth)}end`),
  });
  for (const [from, to, label] of edges(spec))
    lines.push(`  ${ids.get(from)} -->${label ? `|${quoted(label)}|` : ""} ${ids.get(to)}`);
  return `${lines.join("\n")}\n`;
}

export function toDot(spec: DagSpec): string {
  const lines = [
    `digraph ${quoted(spec.dagId)} {`,
    `  graph [rankdir=LR, label=${quoted(spec.displayName)}, labelloc=t, fontname="Helvetica"]`,
    `  node [shape=box, style="rounded,filled", fillcolor="#ffffff", fontname="Helvetica"]`,
  ];
  eachGroup(spec, {
    open: (group, depth) =>
      lines.push(
        `${"  ".repeat(depth)}subgraph ${quoted(`cluster_${group.groupId}`)} { label=${quoted(group.label)}; style=rounded`,
      ),
    task: (task, depth) =>
      lines.push(
        `${"  ".repeat(depth)}${quoted(task.taskId)} [label=${quoted(label(task))}${colours(task)}]`,
      ),
    close: (_, depth) => lines.push(`${"  ".repeat(depth)}}`),
  });
  for (const [from, to, text] of edges(spec))
    lines.push(`  ${quoted(from)} -> ${quoted(to)}${text ? ` [label=${quoted(text)}]` : ""}`);
  return `${lines.join("\n")}\n}\n`;
}

export async function toSvg(spec: DagSpec): Promise<string> {
  const { instance } = await import("@viz-js/viz");
  return (await instance()).renderString(toDot(spec), { format: "svg" });
}

interface GroupVisitor {
  open(group: TaskGroupSpec, depth: number): void;
  task(task: TaskSpec, depth: number): void;
  close(group: TaskGroupSpec, depth: number): void;
}

function eachGroup(spec: DagSpec, visitor: GroupVisitor, parent: string | null = null, depth = 1): void {
  for (const task of spec.tasks) if (task.groupId === parent) visitor.task(task, depth);
  for (const group of spec.taskGroups.filter((group) => group.parentGroupId === parent)) {
    visitor.open(group, depth);
    eachGroup(spec, visitor, group.groupId, depth + 1);
    visitor.close(group, depth);
  }
}

function* edges(spec: DagSpec): Generator<[string, string, string | undefined]> {
  const labels = new Map(spec.edgeLabels.map(({ from, to, label }) => [`${from}\n${to}`, label]));
  for (const task of spec.tasks)
    for (const from of task.upstream) yield [from, task.taskId, labels.get(`${from}\n${task.taskId}`)];
}

function label(task: TaskSpec): string {
  return task.mapped ? `${task.label} [ ]` : task.label;
}

function mermaidShape(task: TaskSpec): string {
  if (task.branch) return `{{${quoted(label(task))}}}`;
  return task.sensor ? `([${quoted(label(task))}])` : `[${quoted(label(task))}]`;
}

function colours(task: TaskSpec): string {
  const fill = task.uiColor ? `, fillcolor=${quoted(task.uiColor)}` : "";
  return task.uiFgcolor ? `${fill}, fontcolor=${quoted(task.uiFgcolor)}` : fill;
}

/** A quoted text that neither language can leave: quotes and angle brackets become entities. */
function quoted(text: string): string {
  return `"${text.replaceAll("&", "&amp;").replaceAll('"', "&quot;").replaceAll("<", "&lt;").replaceAll(">", "&gt;").replaceAll("\n", " ")}"`;
}
