/**
 * An artifact that is an HTML page, for a frame within ours. It may run its own scripts, as charts do, and nothing
 * more: its origin is opaque (`sandbox` without `allow-same-origin`), so that it has no cookie, no storage and no way
 * into the page around it, and its policy lets it reach no address at all. The frame has the same sandbox.
 */
import { z } from "zod";
import { artifactPath } from "../../artifacts/artifact-store.ts";
import { openTrackingArtifacts } from "../../artifacts/from-settings.ts";
import { TradewindError } from "../../errors.ts";
import type { ApiApp } from "../app.ts";
import { can } from "../auth/access.ts";
import type { ApiParts } from "../parts.ts";

const policy = [
  "sandbox allow-scripts",
  "default-src 'none'",
  "script-src 'unsafe-inline'",
  "style-src 'unsafe-inline'",
  "img-src data: blob:",
  "font-src data:",
  "media-src data: blob:",
  "form-action 'none'",
  "base-uri 'none'",
  "frame-ancestors 'self'",
].join("; ");

export function registerArtifactPage(app: ApiApp, { config }: ApiParts): void {
  const artifacts = openTrackingArtifacts(config);
  app.get(
    "/ui/tracking/artifact-page",
    {
      config: { access: can("read", "Experiments") },
      schema: { querystring: z.object({ path: z.string().max(5000) }) },
    },
    async ({ query }, reply) => {
      const path = artifactPath(query.path);
      const found = await artifacts.read(path);
      if (found === null) throw new TradewindError("TW_ARTIFACT_NOT_FOUND", `Artifact '${path}' not found`);
      return reply
        .header("content-type", "text/html; charset=utf-8")
        .header("content-security-policy", policy)
        .header("content-length", found.size)
        .send(found.stream);
    },
  );
}
