/** Predictions and the endpoints that give them. */
import type { ApiApp } from "../app.ts";
import { can } from "../auth/access.ts";
import { answerErrors } from "../error-answers.ts";
import type { ApiParts } from "../parts.ts";
import { registerEndpointRoutes } from "./endpoint-routes.ts";
import { registerInferenceProtocol } from "./inference-protocol.ts";
import { readScoringBodies, registerInvocations } from "./invocations.ts";
import { openInference } from "./parts.ts";
import { registerPromotionRoutes } from "./promotion-routes.ts";
import { registerRolloutRoutes } from "./rollout-routes.ts";

const ask = can("read", "Registered Models");

export async function registerInferenceRoutes(app: ApiApp, parts: ApiParts): Promise<void> {
  const inference = openInference(parts);
  const { endpoints, rollouts } = inference;
  endpoints.start();
  rollouts.start();
  app.addHook("onClose", async () => {
    await rollouts.stop();
    await endpoints.stop();
  });
  registerEndpointRoutes(app, parts, endpoints);
  registerRolloutRoutes(app, parts, inference);
  registerPromotionRoutes(app, parts, inference);
  await app.register(async (scope) => registerInferenceProtocol(scope as unknown as ApiApp, ask, endpoints));
  await app.register(async (scope) => {
    const scoring = scope as unknown as ApiApp;
    answerErrors(scoring, "mlflow");
    readScoringBodies(scoring);
    registerInvocations(scoring, { path: "/endpoints/:name/invocations", access: ask }, endpoints);
  });
}
