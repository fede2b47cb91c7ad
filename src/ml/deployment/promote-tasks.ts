/** Putting a version in the champion's place, and taking it back, as tasks. */
import { TradewindError } from "../../errors.ts";
import { getContext } from "../../sdk/context.ts";
import type { TaskFactory } from "../../sdk/task-factory.ts";
import type { TaskOptions } from "../../sdk/task-options.ts";
import type { TaskScope } from "../../sdk/task-scope.ts";
import { TrackingClient } from "../tracking/client.ts";
import { byTask } from "./attempt-facts.ts";
import { Endpoints, type Promoted } from "./endpoints.ts";
import type { GateResult } from "./gate-task.ts";
import type { ModelVersionRef } from "./registry.ts";

export interface PromoteTaskOptions extends TaskOptions {
  /** Default "champion". */
  alias?: string;
  /** All of its traffic goes to the version, in the same moment as the alias. */
  endpoint?: string;
}

export interface PromoteResult extends ModelVersionRef {
  alias: string;
  /** What stood there before. */
  previous: string | null;
  endpoint: string | null;
  generation: number | null;
}

/**
 * A task that moves the alias, and the traffic with it, in one transaction. With the `verdict` of a gate it moves only
 * from the champion that the gate compared with: of two promotions at once the later one is refused, since nobody has
 * compared it with the winner.
 *
 * @example
 * promoteTask(dag, "promote", { endpoint: "churn" })({ model: registered, verdict });
 */
export function promoteTask(
  dag: TaskScope,
  id: string,
  options: PromoteTaskOptions = {},
): TaskFactory<{ model: ModelVersionRef; verdict?: GateResult }, PromoteResult> {
  const { alias = "champion", endpoint, ...rest } = options;
  return dag.task(
    id,
    async ({ model, verdict }: { model: ModelVersionRef; verdict?: GateResult }): Promise<PromoteResult> => {
      const { name, version } = model;
      const moved = await new Endpoints(new TrackingClient()).promote(
        { name, version },
        { alias, expectedVersion: verdict?.champion, endpoint, reason: byTask(`promoted to ${alias}`) },
      );
      getContext().logger.info(`${name}@${alias} is version ${version}`, { before: moved.previous_version });
      return resultOf(moved);
    },
    rest,
  );
}

export interface RollbackTaskOptions extends TaskOptions {
  /** The registered model whose alias goes back. Without it only the endpoint's traffic does. */
  model?: string;
  /** Default "champion". */
  alias?: string;
  endpoint?: string;
  /** For the histories. */
  reason?: string;
}

/**
 * A task that goes back at once to what served before: pointers move, nothing is loaded again. The version that is left is
 * tagged as rolled back, and a later rollback passes it over. Often with `triggerRule: "one_failed"`.
 *
 * @example
 * rollbackTask(dag, "roll_back", { model: "churn", endpoint: "churn", triggerRule: "one_failed" })().after(checks);
 */
export function rollbackTask(
  dag: TaskScope,
  id: string,
  options: RollbackTaskOptions,
): TaskFactory<void, PromoteResult | { endpoint: string; generation: number }> {
  const { model, alias = "champion", endpoint, reason, ...rest } = options;
  if (model === undefined && endpoint === undefined)
    throw new TradewindError(
      "TW_OPTION_MISSING",
      `rollbackTask "${id}" needs \`model\` or \`endpoint\`: what goes back`,
    );
  return dag.task(
    id,
    async () => {
      const endpoints = new Endpoints(new TrackingClient());
      const why = byTask(reason ?? "rolled back");
      if (model !== undefined) {
        const moved = await endpoints.rollBackModel(model, { alias, endpoint, reason: why });
        getContext().logger.warn(`${model}@${alias} is version ${moved.version} again`);
        return resultOf(moved);
      }
      const { name, generation } = await endpoints.rollBack(endpoint ?? "", why);
      getContext().logger.warn(`${name} has the traffic of before again`, { generation });
      return { endpoint: name, generation };
    },
    rest,
  );
}

function resultOf({ name, alias, version, previous_version: previous, endpoint }: Promoted): PromoteResult {
  return {
    name,
    version,
    alias,
    previous,
    endpoint: endpoint?.name ?? null,
    generation: endpoint?.generation ?? null,
  };
}
