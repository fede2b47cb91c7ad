/** Trees as the operator TreeEnsembleRegressor (ai.onnx.ml 3), with thresholds of 64 bits: the ways are the same as ours. */
import type { TreeJson } from "../estimators/tree.ts";
import type { Attribute, OnnxGraph } from "./graph.ts";

export interface EnsembleTree {
  readonly tree: TreeJson;
  /** What a leaf adds to each target. */
  readonly weights: (node: number) => readonly (readonly [target: number, weight: number])[];
}

/** Sum, or mean, of what the leaves say: shape (samples, targets), doubles. */
export function treeEnsemble(
  graph: OnnxGraph,
  input: string,
  trees: readonly EnsembleTree[],
  targets: number,
  aggregate: "SUM" | "AVERAGE",
): string {
  const output = graph.op(
    "TreeEnsembleRegressor",
    [input],
    attributesOf(trees, targets, aggregate),
    "ai.onnx.ml",
  );
  return graph.op("Cast", [output], { to: 11 });
}

function attributesOf(
  trees: readonly EnsembleTree[],
  targets: number,
  aggregate: string,
): Record<string, Attribute> {
  const ids: number[] = [];
  const treeIds: number[] = [];
  const features: number[] = [];
  const values: number[] = [];
  const trueIds: number[] = [];
  const falseIds: number[] = [];
  const modes: string[] = [];
  const leaf = { tree: [] as number[], node: [] as number[], target: [] as number[], weight: [] as number[] };
  for (const [t, { tree, weights }] of trees.entries()) {
    for (const [node, feature] of tree.feature.entries()) {
      const inner = feature !== -1;
      ids.push(node);
      treeIds.push(t);
      features.push(inner ? feature : 0);
      values.push(inner ? tree.threshold[node] : 0);
      trueIds.push(inner ? tree.left[node] : 0);
      falseIds.push(inner ? tree.right[node] : 0);
      modes.push(inner ? "BRANCH_LEQ" : "LEAF");
      if (inner) continue;
      for (const [target, weight] of weights(node)) {
        leaf.tree.push(t);
        leaf.node.push(node);
        leaf.target.push(target);
        leaf.weight.push(weight);
      }
    }
  }
  return {
    n_targets: targets,
    aggregate_function: aggregate,
    post_transform: "NONE",
    nodes_nodeids: { ints: ids },
    nodes_treeids: { ints: treeIds },
    nodes_featureids: { ints: features },
    nodes_values_as_tensor: { type: "double", shape: [values.length], values },
    nodes_truenodeids: { ints: trueIds },
    nodes_falsenodeids: { ints: falseIds },
    nodes_modes: modes,
    target_treeids: { ints: leaf.tree },
    target_nodeids: { ints: leaf.node },
    target_ids: { ints: leaf.target },
    target_weights_as_tensor: { type: "double", shape: [leaf.weight.length], values: leaf.weight },
  };
}
