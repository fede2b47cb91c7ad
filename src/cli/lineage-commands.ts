/** `tradewind lineage show`: what led to a prediction, a model, a run or data, and what came of it. */
import type { Command } from "commander";
import { lineageDirections, lineageKey, lineageKinds } from "../core/lineage.ts";
import { readLineage } from "../store/lineage/graph.ts";
import { databaseCommand, onDatabase, type Work } from "./database-command.ts";
import { oneOf, wholeNumber } from "./flags.ts";

interface LineageFlags {
  direction: string;
  depth: string;
  limit: string;
}

export function addLineageCommands(root: Command): void {
  const group = root
    .command("lineage")
    .description("from predictions to models, runs, code and data, and back");
  databaseCommand(group, "show <kind> <id>", "the nodes around one node, e.g. `model_version churn/3`")
    .option("--direction <direction>", "upstream, downstream or both", "both")
    .option("--depth <steps>", "steps to each side", "6")
    .option("--limit <nodes>", "nodes at most", "200")
    .action(onDatabase(show));
}

async function show(work: Work, [kind = "", id = ""]: string[], flags: LineageFlags): Promise<void> {
  const graph = await readLineage(work.database, {
    kind: oneOf(kind, lineageKinds, "<kind>"),
    id,
    direction: oneOf(flags.direction, [...lineageDirections, "both"] as const, "--direction"),
    depth: wholeNumber(flags.depth, "--depth", 1),
    limit: wholeNumber(flags.limit, "--limit", 1),
    dagIds: null,
  });
  const into = new Map<string, string[]>();
  for (const { from, to, relation } of graph.edges) {
    const lines = into.get(lineageKey(to)) ?? [];
    lines.push(`${relation} ${lineageKey(from)}`);
    into.set(lineageKey(to), lines);
  }
  work.session.rows(
    graph.nodes.map((node) => ({
      distance: node.distance,
      kind: node.kind,
      id: node.id,
      label: node.exists ? node.label : `${node.label} (gone)`,
      from: (into.get(lineageKey(node)) ?? []).join("; "),
    })),
  );
  if (graph.truncated) work.session.note("There is more: --depth and --limit show it.");
}
