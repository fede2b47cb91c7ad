/** The rows of the grid: tasks and groups, those folded away left out, and the states that a folded group stands for. */
import { mattersMost, stateOfLetter } from "../api/state-letters.ts";
import type { DagStructure, GridData, StructureNode } from "../api/types.ts";

export interface GridRow {
  node: StructureNode;
  /** Places of its task, or of all tasks in its group, in `cells`. */
  places: readonly number[];
  isFolded: boolean;
}

/** Tasks that only older versions had come last. */
export function gridRows(
  structure: DagStructure,
  taskIds: readonly string[],
  folded: ReadonlySet<string>,
  search: string,
): GridRow[] {
  const place = new Map(taskIds.map((taskId, index) => [taskId, index]));
  const members = new Map<string, number[]>();
  const parents = new Map(structure.nodes.map(({ id, parent }) => [id, parent]));
  const known = new Set<string>();
  for (const node of structure.nodes) {
    if (node.kind !== "task") continue;
    known.add(node.id);
    const index = place.get(node.id);
    if (index === undefined) continue;
    for (let group = node.parent; group !== null; group = parents.get(group) ?? null) {
      const list = members.get(group);
      if (list === undefined) members.set(group, [index]);
      else list.push(index);
    }
  }
  const words = search.trim().toLowerCase();
  const rows: GridRow[] = [];
  const hidden = new Set<string>();
  for (const node of structure.nodes) {
    const isHidden = node.parent !== null && (hidden.has(node.parent) || folded.has(node.parent));
    if (isHidden && words === "") {
      hidden.add(node.id);
      continue;
    }
    if (words !== "" && (node.kind === "group" || !node.id.toLowerCase().includes(words))) continue;
    const index = place.get(node.id);
    const places = node.kind === "group" ? (members.get(node.id) ?? []) : index === undefined ? [] : [index];
    rows.push({ node, places, isFolded: folded.has(node.id) });
  }
  for (const [index, taskId] of taskIds.entries()) {
    if (known.has(taskId) || (words !== "" && !taskId.toLowerCase().includes(words))) continue;
    const node: StructureNode = { id: taskId, label: taskId, kind: "task", parent: null, depth: 0 };
    rows.push({ node, places: [index], isFolded: false });
  }
  return rows;
}

/** State of one cell; null where the run has none of its tasks. */
export function cellState(run: GridData["runs"][number], row: GridRow): ReturnType<typeof stateOfLetter> {
  const { places } = row;
  if (places.length === 1) return stateOfLetter(run.cells[places[0] as number] ?? ".");
  const states = new Set<string>();
  for (const place of places) {
    const state = stateOfLetter(run.cells[place] ?? ".");
    if (state !== null) states.add(state);
  }
  return states.size === 0 ? null : (mattersMost([...states]) as ReturnType<typeof stateOfLetter>);
}
