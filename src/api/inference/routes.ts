/** Predictions and the endpoints that give them. */
import type { ApiApp } from "../app.ts";
import { can } from "../auth/access.ts";
import { answerErrors } from "../error-answers.ts";
import type { ApiParts } from "../parts.ts";
import { registerEndpointRoutes } from "./endpoint-routes.ts";
import { registerInferenceProtocol } from "./inference-protocol.ts";
import { readScoringBodies, registerInvocations } from "./invocations.ts";
import { openInference } from "./parts.ts";

const ask = can("read", "Registered Models");

export async function registerInferenceRoutes(app: ApiApp, parts: ApiParts): Promise<void> {
  const { endpoints } = openInference(parts);
  endpoints.start();
  app.addHook("onClose", () => endpoints.stop());
  registerEndpointRoutes(app, parts, endpoints);
  await app.register(async (scope) => registerInferenceProtocol(scope as unknown as ApiApp, ask, endpoints));
  await app.register(async (scope) => {
    const scoring = scope as unknown as ApiApp;
    answerErrors(scoring, "mlflow");
    readScoringBodies(scoring);
    registerInvocations(scoring, { path: "/endpoints/:name/invocations", access: ask }, endpoints);
  });
}
