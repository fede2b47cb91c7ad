/** The lineage around a prediction, a model, a run, an attempt, data: nodes and edges, for the page and for programs. */
import { z } from "zod";
import { lineageDirections, lineageKey, lineageKinds } from "../../core/lineage.ts";
import { readLineage } from "../../store/lineage/graph.ts";
import type { ApiApp } from "../app.ts";
import { can, permittedDagIds } from "../auth/access.ts";
import type { ApiParts } from "../parts.ts";

const Query = z.object({
  kind: z.enum(lineageKinds),
  id: z.string().min(1).max(2000),
  /** Steps to each side. */
  depth: z.coerce.number().int().min(1).max(20).default(6),
  direction: z.enum([...lineageDirections, "both"]).default("both"),
  /** Nodes at most. */
  limit: z.coerce.number().int().min(1).max(1000).default(200),
});

const Node = z
  .object({
    key: z.string(),
    kind: z.enum(lineageKinds),
    id: z.string(),
    label: z.string(),
    /** False when only its traces are left: a run that was deleted, an answer of which no traffic was counted yet. */
    exists: z.boolean(),
    /** Steps from the root; negative upstream. */
    distance: z.int(),
    attributes: z.record(z.string(), z.json()),
  })
  .meta({ id: "LineageNode" });

const Graph = z
  .object({
    root: z.string(),
    nodes: z.array(Node),
    /** In the direction of the data. */
    edges: z.array(z.object({ from: z.string(), to: z.string(), relation: z.string() })),
    truncated: z.boolean(),
  })
  .meta({ id: "LineageGraph" });

export function registerLineageRoutes(app: ApiApp, { database }: ApiParts): void {
  const schema = {
    tags: ["Lineage"],
    operationId: "get_lineage",
    summary: "Nodes and edges around one node",
    querystring: Query,
    response: { 200: Graph },
  };
  app.get(
    "/api/lineage",
    { config: { access: can("read", "Experiments") }, schema },
    async ({ query, user }) => {
      const dagIds = await permittedDagIds(user, "read", "DAG Runs");
      const { root, nodes, edges, truncated } = await readLineage(database, { ...query, dagIds });
      return {
        root: lineageKey(root),
        nodes: nodes.map(({ kind, id, label, exists, distance, attributes }) => ({
          key: lineageKey({ kind, id }),
          kind,
          id,
          label,
          exists,
          distance,
          attributes: { ...attributes },
        })),
        edges: edges.map(({ from, to, relation }) => ({
          from: lineageKey(from),
          to: lineageKey(to),
          relation,
        })),
        truncated,
      };
    },
  );
}
