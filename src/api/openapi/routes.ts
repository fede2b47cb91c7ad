/** `/openapi.json` and `/docs`: what there is to ask, for programs and for people. */
import { version } from "../../version.ts";
import type { ApiApp } from "../app.ts";
import type { ApiParts } from "../parts.ts";
import { pathPrefix } from "../public-address.ts";
import type { ApiRoute } from "../route-table.ts";
import { docsPage, docsStyle } from "./docs-page.ts";
import { type OpenApiDocument, openApiDocument } from "./document.ts";

/** @param routes Complete when the first request comes, and not before. */
export function registerOpenApiRoutes(app: ApiApp, parts: ApiParts, routes: readonly ApiRoute[]): void {
  let made: OpenApiDocument | undefined;
  const document = (): OpenApiDocument => (made ??= openApiDocument(routes, version));
  const open = { config: { access: "public" }, schema: { hide: true } } as const;
  app.get("/openapi.json", open, async () => document());
  app.get("/docs", open, async (_request, reply) =>
    reply.type("text/html; charset=utf-8").send(docsPage(document(), pathPrefix(parts.config))),
  );
  app.get("/docs/style.css", open, async (_request, reply) =>
    reply.type("text/css; charset=utf-8").send(docsStyle),
  );
}
