/** What the routes of models and endpoints share: the models in memory, and who answers for endpoints. */
import { join } from "node:path";
import { openTrackingArtifacts } from "../../artifacts/from-settings.ts";
import { EndpointService } from "../../ml/serving/endpoint-service.ts";
import { ModelHost } from "../../ml/serving/model-host.ts";
import { RequestLog } from "../../ml/serving/request-log.ts";
import { resolveModels } from "../../ml/serving/resolve-model.ts";
import { RolloutService } from "../../ml/serving/rollout-service.ts";
import { loadServedModel } from "../../ml/serving/served-model.ts";
import type { Executor } from "../../store/connect.ts";
import { withoutSecrets } from "../../withheld-environment.ts";
import type { ApiParts } from "../parts.ts";

export interface Inference {
  readonly host: ModelHost;
  readonly endpoints: EndpointService;
  readonly rollouts: RolloutService;
}

export function createModelHost({
  config,
  database,
  log,
}: Pick<ApiParts, "config" | "log"> & { readonly database: Executor }): ModelHost {
  const { environment, python } = config;
  const artifacts = openTrackingArtifacts(config);
  const cacheFolder = join(config.home, "models");
  return new ModelHost({
    resolve: (references) => resolveModels({ database, artifacts, cacheFolder }, references),
    load: (folder) =>
      loadServedModel(folder, {
        pythonInterpreter: python.interpreter,
        environment: withoutSecrets(environment),
      }),
    warn: (message, error) => log.warn({ err: error }, message),
  });
}

export function openInference(parts: ApiParts): Inference {
  const { config, database, clock, log } = parts;
  const host = createModelHost(parts);
  const requestLog = new RequestLog({ store: openTrackingArtifacts(config), clock, log });
  const endpoints = new EndpointService({ database, clock, log, host, requestLog });
  const rollouts = new RolloutService({ database, clock, log, flush: () => endpoints.writeDown() });
  return { host, endpoints, rollouts };
}
