/** The page's files, and what only the page asks for, under /ui. */
import type { ApiApp } from "../app.ts";
import type { ApiParts } from "../parts.ts";
import { registerArtifactPage } from "./artifact-page.ts";
import { registerCheckViews } from "./check-views.ts";
import { registerDagList } from "./dag-list.ts";
import { registerDagViews } from "./dag-views.ts";
import { registerDeployments } from "./deployments.ts";
import { registerHome } from "./home.ts";
import { registerInstanceViews } from "./instance-views.ts";
import { registerLookThrough } from "./look-through.ts";
import { registerOverview } from "./overview.ts";
import { registerPageFiles } from "./page-files.ts";
import { registerPageSession } from "./page-session.ts";
import { registerPartitions } from "./partitions.ts";
import { registerRunViews } from "./run-views.ts";
import { registerTrackingModels } from "./tracking-models.ts";
import { registerTrackingRuns } from "./tracking-runs.ts";
import { registerXComFiles } from "./xcom-file.ts";

export function registerUiRoutes(app: ApiApp, parts: ApiParts): void {
  registerPageSession(app, parts);
  registerHome(app, parts);
  registerDagList(app, parts);
  registerDagViews(app, parts);
  registerRunViews(app, parts);
  registerInstanceViews(app, parts);
  registerXComFiles(app, parts);
  registerLookThrough(app, parts);
  registerOverview(app, parts);
  registerPartitions(app, parts);
  registerDeployments(app, parts);
  registerCheckViews(app, parts);
  registerTrackingRuns(app, parts);
  registerTrackingModels(app, parts);
  registerArtifactPage(app, parts);
  registerPageFiles(app, parts);
}
