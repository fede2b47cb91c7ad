/** Functions that draw many edges at once: Airflow's `chain`, `chain_linear`, `cross_downstream` and `Label`. */
import { TradewindError } from "../errors.ts";
import { callSite } from "./call-site.ts";
import { show } from "./options.ts";
import { isLabel, stateOf } from "./task-handle.ts";
import type { EdgeLabel, Node } from "./value-ref.ts";

/**
 * Names the edges to what follows it.
 *
 * @example
 * gate.before(Label("good enough"), deploy);
 * chain(check, Label("errors"), report);
 */
export function Label(text: string): EdgeLabel {
  return { edgeLabel: text };
}

type Link = Node | EdgeLabel | readonly Node[];

/**
 * One after the other. Two arrays next to each other are joined pair by pair and must be equally long.
 *
 * @example
 * chain(a, [b, c], [d, e], f); // a before b and c, b before d, c before e, d and e before f
 */
export function chain(...links: readonly Link[]): void {
  joinPairs(links, (from, to, label) => {
    if (Array.isArray(from) && Array.isArray(to)) {
      if (from.length !== to.length) {
        throw edgeError(
          `chain() joins arrays of one length pair by pair, not ${from.length} and ${to.length}`,
        );
      }
      for (const [i, node] of from.entries()) joinAll([node], label, [to[i] as Node]);
    } else joinAll([from].flat(), label, [to].flat());
  });
}

/** One after the other; of two arrays next to each other every member is joined with every other. */
export function chainLinear(...links: readonly Link[]): void {
  joinPairs(links, (from, to, label) => joinAll([from].flat(), label, [to].flat()));
}

/** Every one of the first before every one of the second. */
export function crossDownstream(from: readonly Node[], to: readonly Node[]): void {
  joinAll(from, undefined, to);
}

type NodeOrNodes = Node | readonly Node[];

function joinPairs(
  links: readonly Link[],
  join: (from: NodeOrNodes, to: NodeOrNodes, label: EdgeLabel | undefined) => void,
): void {
  let previous: NodeOrNodes | undefined;
  let label: EdgeLabel | undefined;
  for (const link of links) {
    if (isLabel(link)) {
      label = link;
      continue;
    }
    checkNodes([link as NodeOrNodes].flat());
    if (previous !== undefined) join(previous, link as NodeOrNodes, label);
    previous = link as NodeOrNodes;
    label = undefined;
  }
}

function checkNodes(nodes: readonly Node[]): void {
  const wrong = nodes.find((node) => stateOf(node) === undefined);
  if (wrong === undefined) return;
  const hint =
    typeof wrong === "function" ? "call the task first: its factory returns the reference" : undefined;
  throw edgeError(`chains are made of tasks and task groups, not ${show(wrong)}`, hint);
}

function joinAll(from: readonly Node[], label: EdgeLabel | undefined, to: readonly Node[]): void {
  checkNodes([...from, ...to]);
  for (const node of from) node.before(...(label === undefined ? to : [label, ...to]));
}

function edgeError(message: string, hint?: string): TradewindError {
  return new TradewindError("TW_EDGE_INVALID", message, { at: callSite(), hint });
}
