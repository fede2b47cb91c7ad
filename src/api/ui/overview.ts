/** Assets, what depends on what, the search over everything, and the settings with their origins. */
import { z } from "zod";
import type { DagSpec } from "../../core/dag-model.ts";
import { currentVersions } from "../../store/dag-versions.ts";
import { listAssetsForPage, searchEverything } from "../../store/views/asset-list.ts";
import type { ApiApp } from "../app.ts";
import { can, permittedDagIds } from "../auth/access.ts";
import type { ApiParts } from "../parts.ts";
import type * as page from "./contract.ts";
import { namesIn } from "./structure.ts";

export function registerOverview(app: ApiApp, parts: ApiParts): void {
  const { database, config } = parts;
  app.get(
    "/ui/assets",
    { config: { access: can("read", "Assets") } },
    (): Promise<page.AssetItem[]> => listAssetsForPage(database),
  );
  app.get("/ui/dependencies", { config: { access: can("read", "DAG Dependencies") } }, async ({ user }) => {
    const permitted = await permittedDagIds(user, "read", "DAGs");
    return dependenciesOf((await currentVersions(database, permitted)).map(({ spec }) => spec));
  });
  app.get(
    "/ui/search",
    {
      config: { access: can("read", "DAGs") },
      schema: { querystring: z.object({ q: z.string().min(1).max(250) }) },
    },
    async ({ user, query }): Promise<page.SearchHit[]> =>
      searchEverything(
        database,
        {
          dagIds: await permittedDagIds(user, "read", "DAGs"),
          experiments: user.permissions.may("read", "Experiments"),
          models: user.permissions.may("read", "Registered Models"),
        },
        query.q,
      ),
  );
  app.get("/ui/config", { config: { access: can("read", "Configurations") } }, (): page.ConfigOption[] =>
    config.entries.map(({ section, key, value, origin, from, option }) => ({
      section,
      key,
      value: option.secret === true && value !== "" ? "***" : String(value),
      origin: from === null ? origin : `${origin}: ${from}`,
      isDefault: origin === "default",
      description: option.description,
    })),
  );
}

/** Dags and assets that stand alone are left out: there is nothing to draw of them. */
export function dependenciesOf(specs: readonly DagSpec[]): page.Dependencies {
  const edges = specs.flatMap(edgesOf);
  const named = new Set(edges.flatMap(({ from, to }) => [from, to]));
  const labels = new Map(specs.map(({ dagId, displayName }) => [dagId, displayName]));
  const nodes = [...named].map((id) => {
    const [kind = "", ...rest] = id.split(":");
    const name = rest.join(":");
    return {
      id,
      kind: kind === "dag" ? ("dag" as const) : ("asset" as const),
      label: kind === "dag" ? (labels.get(name) ?? name) : name,
    };
  });
  return { nodes, edges };
}

function edgesOf(spec: DagSpec): page.Dependencies["edges"] {
  const self = `dag:${spec.dagId}`;
  const edges: page.Dependencies["edges"] = [];
  if ("assets" in spec.timetable)
    for (const { name } of namesIn(spec.timetable.assets))
      edges.push({ from: `asset:${name}`, to: self, kind: "asset" });
  for (const task of spec.tasks) {
    for (const { name } of task.outlets.flatMap(namesIn))
      edges.push({ from: self, to: `asset:${name}`, kind: "asset" });
    const other = task.dagDependency;
    if (other?.kind === "sensor") edges.push({ from: `dag:${other.dagId}`, to: self, kind: "sensor" });
    else if (other !== undefined) edges.push({ from: self, to: `dag:${other.dagId}`, kind: "trigger" });
  }
  const seen = new Set<string>();
  return edges.filter(({ from, to, kind }) => {
    const key = `${from}\n${to}\n${kind}`;
    return !seen.has(key) && seen.add(key);
  });
}
