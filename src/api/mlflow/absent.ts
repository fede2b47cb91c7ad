/**
 * Calls of MLflow's protocol that there are not: of its tools for language models, and of its own page. They answer at
 * once and clearly; a client would try again for minutes what looks like a failing server.
 */
import { TradewindError } from "../../errors.ts";
import type { ApiApp } from "../app.ts";
import { prefixes } from "./rpc.ts";

const absent: readonly (readonly [path: string, what: string])[] = [
  ["datasets", "evaluation data sets"],
  ["scorers", "scorers"],
  ["issues", "issues"],
  ["gateway", "the gateway to language models"],
  ["prompt-optimization", "prompt optimization"],
  ["workspaces", "workspaces"],
  ["jobs", "MLflow's jobs"],
  ["demo", "MLflow's demo"],
  ["review-queues", "review queues"],
  ["label-schemas", "label schemas"],
  ["runs/create-promptlab-run", "the prompt lab"],
  ["gateway-proxy", "the gateway to language models"],
  ["ui-telemetry", "MLflow's telemetry"],
  ["traces/metrics", "statistics of traces"],
  ["traces/calculate-filter-correlation", "statistics of traces"],
  ["traces/link-prompts", "prompts"],
  ["unified-traces", "Databricks' unified traces"],
  ["get-online-trace-details", "Databricks' online traces"],
];

const methods = ["GET", "POST", "PUT", "PATCH", "DELETE"] as const;

export function registerAbsent(app: ApiApp): void {
  const answer = (path: string, what: string) => async (): Promise<never> => {
    throw new TradewindError(
      "TW_NOT_IMPLEMENTED",
      `Tradewind has no ${path}: ${what} are not a part of it. Experiments, runs, models and traces are.`,
    );
  };
  const options = { config: { access: "public" }, schema: { hide: true } } as const;
  for (const prefix of prefixes)
    for (const [path, what] of absent)
      for (const tail of ["", "/*"])
        app.route({
          ...options,
          method: [...methods],
          url: `${prefix}/mlflow/${path}${tail}`,
          handler: answer(path, what),
        });
  for (const url of ["/graphql", "/ajax-api/2.0/mlflow/graphql"])
    app.route({
      ...options,
      method: [...methods],
      url,
      handler: answer("/graphql", "queries of MLflow's page"),
    });
}
