/**
 * Draws a Dag with box characters, left to right: tasks in layers by their longest path from a root, an edge over
 * several layers led through placeholders, the order within a layer by the mean of the neighbours (the barycentre
 * heuristic of Sugiyama et al. 1981), and one vertical track for each task in the channel behind its layer.
 */
import type { DagSpec } from "../../core/dag-model.ts";
import { displayWidth } from "../output.ts";

interface Node {
  readonly label: string;
  readonly layer: number;
  /** A bend of a long edge, not a task. */
  readonly bend: boolean;
  readonly next: Node[];
  readonly previous: Node[];
  row: number;
}

/** Lines without a newline at their ends; an empty Dag gives one line that says so. */
export function drawDag(spec: Pick<DagSpec, "tasks">): string[] {
  if (spec.tasks.length === 0) return ["(no tasks)"];
  const layers = makeLayers(spec);
  orderLayers(layers);
  return paint(layers);
}

function makeLayers(spec: Pick<DagSpec, "tasks">): Node[][] {
  const layerOf = longestPaths(spec);
  const layers: Node[][] = [];
  const place = (label: string, layer: number, bend: boolean): Node => {
    const node: Node = { label, layer, bend, next: [], previous: [], row: 0 };
    (layers[layer] ??= []).push(node);
    return node;
  };
  const nodes = new Map<string, Node>();
  for (const task of spec.tasks) {
    const label = task.mapped ? `${task.taskId} [ ]` : task.taskId;
    nodes.set(task.taskId, place(label, layerOf.get(task.taskId) ?? 0, false));
  }
  const link = (from: Node, to: Node): void => {
    from.next.push(to);
    to.previous.push(from);
  };
  for (const task of spec.tasks) {
    const to = nodes.get(task.taskId) as Node;
    for (const name of task.upstream) {
      let from = nodes.get(name);
      if (!from) continue;
      for (let layer = from.layer + 1; layer < to.layer; layer++) {
        const bend = place("", layer, true);
        link(from, bend);
        from = bend;
      }
      link(from, to);
    }
  }
  return layers;
}

function longestPaths(spec: Pick<DagSpec, "tasks">): Map<string, number> {
  const upstream = new Map(spec.tasks.map((task) => [task.taskId, task.upstream]));
  const found = new Map<string, number>();
  const visit = (id: string): number => {
    const known = found.get(id);
    if (known !== undefined) return known;
    const layer = Math.max(-1, ...(upstream.get(id) ?? []).filter((up) => upstream.has(up)).map(visit)) + 1;
    found.set(id, layer);
    return layer;
  };
  for (const task of spec.tasks) visit(task.taskId);
  return found;
}

function orderLayers(layers: Node[][]): void {
  const number = (layer: Node[]): void => layer.forEach((node, i) => (node.row = i));
  layers.forEach(number);
  const mean = (nodes: Node[], own: number): number =>
    nodes.length === 0 ? own : nodes.reduce((sum, node) => sum + node.row, 0) / nodes.length;
  for (let sweep = 0; sweep < 8; sweep++) {
    const down = sweep % 2 === 0;
    for (const layer of down ? layers : [...layers].reverse()) {
      const keys = new Map(layer.map((node) => [node, mean(down ? node.previous : node.next, node.row)]));
      layer.sort((a, b) => (keys.get(a) ?? 0) - (keys.get(b) ?? 0) || a.row - b.row);
      number(layer);
    }
  }
  const height = Math.max(...layers.map((layer) => layer.length));
  for (const layer of layers) {
    const offset = Math.floor((height - layer.length) / 2);
    for (const node of layer) node.row += offset;
  }
}

/** Directions in which a line leaves a cell, as bits. */
const [up, right, down, left] = [1, 2, 4, 8] as const;
const boxes = " ╵╶└╷│┌├╴┘─┴┐┤┬┼";

function paint(layers: Node[][]): string[] {
  const height = 1 + Math.max(...layers.flat().map((node) => node.row));
  const lines: string[] = Array.from({ length: height * 2 - 1 }, () => "");
  layers.forEach((layer, index) => {
    const width = Math.max(...layer.map((node) => displayWidth(node.label)));
    const last = index === layers.length - 1;
    appendLayer(lines, layer, width, last);
    if (!last) appendChannel(lines, layer);
  });
  return lines.map((line) => line.trimEnd());
}

function appendLayer(lines: string[], layer: Node[], width: number, last: boolean): void {
  const texts = new Map<number, string>();
  for (const node of layer) {
    const own = displayWidth(node.label);
    const fill = node.next.length > 0 || (node.bend && !last) ? "─" : " ";
    texts.set(
      node.row * 2,
      node.bend
        ? "─".repeat(width + 2)
        : `${node.previous.length ? "▸" : " "}${node.label}${own < width ? ` ${fill.repeat(width - own)}` : " "}`,
    );
  }
  for (let y = 0; y < lines.length; y++) lines[y] += texts.get(y) ?? " ".repeat(width + 2);
}

function appendChannel(lines: string[], layer: Node[]): void {
  const sources = layer.filter((node) => node.next.length > 0);
  const width = sources.length + 2;
  const cells = lines.map(() => new Uint8Array(width));
  const mark = (y: number, x: number, bits: number): void => {
    const row = cells[y];
    if (row) row[x] = (row[x] ?? 0) | bits;
  };
  sources.forEach((source, index) => {
    // A later source bends earlier, so that lines that fan out from the top do not cross those below.
    const track = sources.length - index;
    const y = source.row * 2;
    for (let x = 0; x < track; x++) mark(y, x, left | right);
    mark(y, track, left);
    for (const target of source.next) {
      const end = target.row * 2;
      for (let at = Math.min(y, end); at < Math.max(y, end); at++) {
        mark(at, track, down);
        mark(at + 1, track, up);
      }
      mark(end, track, right);
      for (let x = track + 1; x < width; x++) mark(end, x, left | right);
    }
  });
  cells.forEach((row, y) => (lines[y] += Array.from(row, (bits) => boxes[bits]).join("")));
}
