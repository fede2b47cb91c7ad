/** What is registered: for the OpenAPI document, and for the tests that go over all of it. */
import type { FastifySchema } from "fastify";
import type { ApiApp } from "./app.ts";
import type { Access } from "./auth/access.ts";

export interface ApiRoute {
  readonly method: string;
  /** As Fastify writes it: `/dags/:dag_id`. */
  readonly path: string;
  readonly access: Access;
  readonly schema: FastifySchema;
}

/** Filled while routes register; call it before the first. HEAD, which comes with every GET, is left out. */
export function listRoutes(app: ApiApp): readonly ApiRoute[] {
  const routes: ApiRoute[] = [];
  app.addHook("onRoute", ({ method, url, config, schema = {} }) => {
    for (const one of [method].flat())
      if (one !== "HEAD" && config?.access !== undefined)
        routes.push({ method: one, path: url, access: config.access, schema });
  });
  return routes;
}
