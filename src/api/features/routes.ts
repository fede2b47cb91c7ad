/** Feature views over HTTP: registered, brought online, looked up by key. */
import { z } from "zod";
import { FeatureStore } from "../../ml/features/feature-store.ts";
import { countOnlineFeatures, listFeatureVersions, listFeatureViews } from "../../store/features.ts";
import type { ApiApp } from "../app.ts";
import { can } from "../auth/access.ts";
import { HttpProblem } from "../http-problem.ts";
import type { ApiParts } from "../parts.ts";
import { tableOf } from "./data-frame.ts";
import { lookUpFeatures } from "./online-features.ts";
import {
  FeatureViewOut,
  FeatureViewState,
  Frame,
  Materialize,
  NewFeatureView,
  OnlineAnswer,
  OnlineRequest,
  viewOf,
  viewOut,
  Written,
} from "./schemas.ts";

const tags = ["Feature"];
const read = { access: can("read", "Experiments") };
const edit = { access: can("edit", "Experiments") };
const ByName = z.object({ name: z.string() });

export function registerFeatureRoutes(app: ApiApp, parts: ApiParts): void {
  const store = new FeatureStore(parts.database, parts.clock);
  registerViews(app, parts, store);
  registerValues(app, store);
}

function registerViews(app: ApiApp, { database }: ApiParts, store: FeatureStore): void {
  const listed = z.object({ feature_views: z.array(FeatureViewOut), total_entries: z.number() });
  const list = { tags, operationId: "get_feature_views", response: { 200: listed } };
  app.get("/api/features/views", { config: read, schema: list }, async () => {
    const views = (await listFeatureViews(database)).map(viewOut);
    return { feature_views: views, total_entries: views.length };
  });
  const versions = z.object({ versions: z.array(FeatureViewState) });
  const one = { tags, operationId: "get_feature_view", params: ByName, response: { 200: versions } };
  app.get("/api/features/views/:name", { config: read, schema: one }, async ({ params }) => {
    const rows = await listFeatureVersions(database, params.name);
    if (rows.length === 0) throw new HttpProblem(404, `there is no feature view ${params.name}`);
    const counts = await countOnlineFeatures(database, params.name);
    const state = rows.map((row) => {
      const found = counts.find(({ version }) => version === row.version);
      const iso = (ms: number | undefined) => (ms === undefined ? null : new Date(ms).toISOString());
      return {
        ...viewOut(row),
        online_rows: found?.rows ?? 0,
        newest_event: iso(found?.newest),
        oldest_event: iso(found?.oldest),
      };
    });
    return { versions: state };
  });
  const apply = {
    tags,
    operationId: "apply_feature_view",
    body: NewFeatureView,
    response: { 200: FeatureViewOut },
  };
  app.put("/api/features/views", { config: { ...edit, audit: true }, schema: apply }, async ({ body }) => {
    await store.apply(viewOf(body));
    const rows = await listFeatureVersions(database, body.name);
    return viewOut(rows.find(({ version }) => version === body.version) as (typeof rows)[number]);
  });
}

/** Values come often: they leave no entry in the audit log. */
function registerValues(app: ApiApp, store: FeatureStore): void {
  const config = { ...edit, audit: false };
  const push = {
    tags,
    operationId: "push_features",
    params: ByName,
    body: Frame,
    response: { 200: Written },
  };
  app.post("/api/features/views/:name/push", { config, schema: push }, async ({ params, body }) => {
    const view = await store.view(params.name, body.version);
    return { written: await store.push(view, tableOf(body.df)) };
  });
  const materialize = {
    tags,
    operationId: "materialize_features",
    params: ByName,
    body: Materialize,
    response: { 200: Written },
  };
  app.post(
    "/api/features/views/:name/materialize",
    { config, schema: materialize },
    async ({ params, body }) => {
      const view = await store.view(params.name, body.version);
      const range = {
        ...(body.start === undefined ? {} : { start: new Date(body.start) }),
        ...(body.end === undefined ? {} : { end: new Date(body.end) }),
      };
      return { written: await store.materialize(view, tableOf(body.df), range) };
    },
  );
  const online = {
    tags,
    operationId: "get_online_features",
    body: OnlineRequest,
    response: { 200: OnlineAnswer },
  };
  app.post(
    "/api/features/online-features",
    { config: { ...read, audit: false }, schema: online },
    ({ body }) => lookUpFeatures(store, body),
  );
}
