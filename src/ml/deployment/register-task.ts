/** Registering a model as a task. */
import { getContext } from "../../sdk/context.ts";
import type { TaskFactory } from "../../sdk/task-factory.ts";
import type { TaskOptions } from "../../sdk/task-options.ts";
import type { TaskScope } from "../../sdk/task-scope.ts";
import { recordLineage } from "../lineage/record.ts";
import { TrackingClient } from "../tracking/client.ts";
import { instanceKey } from "./attempt-facts.ts";
import { type ModelVersionRef, registerVersion } from "./registry.ts";

export interface RegisterModelOptions extends TaskOptions {
  /** The registered model; it is made when it is not there. */
  model: string;
  description?: string;
  tags?: { readonly [key: string]: string };
}

/**
 * A task that makes a version of a registered model. `source` is where its files are: the `modelUri` of `logModel`
 * (`models:/m-…`), `runs:/RUN/model`, or a folder with an `MLmodel`, as `saveModelPackage` writes it, which is uploaded.
 * A second try finds the version that the first one made.
 *
 * @example
 * const registered = registerModelTask(dag, "register", { model: "churn" })({ source: train() });
 */
export function registerModelTask(
  dag: TaskScope,
  id: string,
  options: RegisterModelOptions,
): TaskFactory<{ source: string; runId?: string }, ModelVersionRef> {
  const { model, description, tags, ...rest } = options;
  return dag.task(
    id,
    async ({ source, runId }: { source: string; runId?: string }): Promise<ModelVersionRef> => {
      const { dagId, runId: dagRun, logger } = getContext();
      const made = await registerVersion(new TrackingClient(), {
        name: model,
        source,
        runId,
        description,
        tags: { "tradewind.dag_id": dagId, "tradewind.run_id": dagRun, ...tags },
        key: instanceKey(),
      });
      // A folder's version has no run that leads to the attempt.
      recordLineage({ outputs: [{ kind: "model_version", name: made.name, version: made.version }] });
      logger.info(`registered version ${made.version} of ${made.name}`, { source });
      return made;
    },
    rest,
  );
}
