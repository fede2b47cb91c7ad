/** What the routes of models and endpoints share: the models in memory, and who answers for endpoints. */
import { join } from "node:path";
import { openTrackingArtifacts } from "../../artifacts/from-settings.ts";
import { EndpointService } from "../../ml/serving/endpoint-service.ts";
import { ModelHost } from "../../ml/serving/model-host.ts";
import { resolveModel } from "../../ml/serving/resolve-model.ts";
import { loadServedModel } from "../../ml/serving/served-model.ts";
import type { Executor } from "../../store/connect.ts";
import { withoutSecrets } from "../../withheld-environment.ts";
import type { ApiParts } from "../parts.ts";

export interface Inference {
  readonly host: ModelHost;
  readonly endpoints: EndpointService;
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
    resolve: (reference) => resolveModel({ database, artifacts, cacheFolder }, reference),
    load: (folder) =>
      loadServedModel(folder, {
        pythonInterpreter: python.interpreter,
        environment: withoutSecrets(environment),
      }),
    warn: (message, error) => log.warn({ err: error }, message),
  });
}

export function openInference(parts: ApiParts): Inference {
  const { database, clock, log } = parts;
  const host = createModelHost(parts);
  return { host, endpoints: new EndpointService({ database, clock, log, host }) };
}
