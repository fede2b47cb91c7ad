/** MLflow's REST API: calls below /api/2.0/mlflow and /api/3.0/mlflow, the artifact proxy, traces. */
import { openTrackingArtifacts } from "../../artifacts/from-settings.ts";
import { ChangedSubjects } from "../../store/changed-subjects.ts";
import type { ApiApp } from "../app.ts";
import type { ApiParts } from "../parts.ts";
import { registerAbsent } from "./absent.ts";
import { registerAlertRoutes } from "./alert-routes.ts";
import { registerArtifactProxy } from "./artifact-proxy.ts";
import { artifactCalls, registerDownloads } from "./artifacts.ts";
import { experimentCalls } from "./experiments.ts";
import { loggedModelCalls } from "./logged-models.ts";
import { loggingCalls } from "./logging.ts";
import { MetricWatch } from "./metric-watch.ts";
import { metricCalls } from "./metrics.ts";
import { modelVersionCalls } from "./model-versions.ts";
import { registerOtlp } from "./otlp-route.ts";
import { registeredModelCalls } from "./registered-models.ts";
import { removalCalls, removeOldRunsInTime } from "./removal.ts";
import { type MlflowParts, registerRpcs } from "./rpc.ts";
import { runCalls } from "./runs.ts";
import { registerServerInfo } from "./server-info.ts";
import { traceCalls, traceLinkCalls } from "./traces.ts";
import { traceV2Calls } from "./traces-v2.ts";
import { createWebhookSender } from "./webhook-sender.ts";
import { webhookCalls } from "./webhooks.ts";

export async function registerMlflowRoutes(app: ApiApp, parts: ApiParts): Promise<void> {
  const webhooks = createWebhookSender(parts);
  const mlflow: MlflowParts = {
    ...parts,
    artifacts: openTrackingArtifacts(parts.config),
    webhooks,
    watch: new MetricWatch({ ...parts, webhooks }),
    news: new ChangedSubjects(parts.database, parts.clock),
  };
  app.addHook("onClose", () => mlflow.news.stop());
  registerRpcs(app, mlflow, [
    ...experimentCalls,
    ...runCalls,
    ...loggingCalls,
    ...metricCalls,
    ...loggedModelCalls,
    ...artifactCalls,
    ...registeredModelCalls,
    ...modelVersionCalls,
    ...webhookCalls,
    ...removalCalls,
    ...traceCalls,
    ...traceV2Calls,
    ...traceLinkCalls,
  ]);
  registerAlertRoutes(app, mlflow);
  registerDownloads(app, mlflow);
  removeOldRunsInTime(app, mlflow);
  await registerArtifactProxy(app, mlflow);
  await registerOtlp(app, mlflow);
  registerServerInfo(app);
  registerAbsent(app);
}
