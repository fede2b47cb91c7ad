/** An A/B test as a task: a split, outcomes, one verdict. */
import { TradewindError } from "../../errors.ts";
import { getContext } from "../../sdk/context.ts";
import { FailException } from "../../sdk/outcomes.ts";
import type { TaskFactory } from "../../sdk/task-factory.ts";
import type { SensorTaskOptions, TaskScope } from "../../sdk/task-scope.ts";
import { TrackingClient } from "../tracking/client.ts";
import { type AbRules, type AbVerdict, type Arm, decideAbTest } from "./ab-test-decision.ts";
import { putVariant } from "./deploy-task.ts";
import { Endpoints } from "./endpoints.ts";
import { type ModelVersionRef, uriOf } from "./registry.ts";

export interface AbTestTaskOptions extends SensorTaskOptions, AbRules {
  endpoint: string;
  /** Of the outcomes that are posted for the answers. */
  metric: string;
  /** Percent of the requests that the treatment answers. Default 10. */
  split?: number;
  /** Default: "v" and the version. */
  variant?: string;
}

export interface AbTestResult extends AbVerdict, ModelVersionRef {
  endpoint: string;
  metric: string;
  control: string;
  treatment: string;
}

/**
 * A task that gives a version a share of the traffic, waits until both sides have `minSamples` outcomes (with its slot
 * given back in between), and compares them once. The control is the variant with the most traffic. What becomes of
 * the traffic is for the tasks after it: `promoteTask` or `rollbackTask`.
 *
 * @example
 * const test = abTestTask(dag, "ab_test", { endpoint: "shop", metric: "bought", minSamples: 1000 })({ model: registered });
 */
export function abTestTask(
  dag: TaskScope,
  id: string,
  options: AbTestTaskOptions,
): TaskFactory<{ model: ModelVersionRef }, AbTestResult> {
  const {
    endpoint,
    metric,
    split = 10,
    variant,
    minSamples,
    significance,
    greaterIsBetter,
    test,
    ...rest
  } = options;
  const rules: AbRules = {
    minSamples,
    ...(significance === undefined ? {} : { significance }),
    ...(greaterIsBetter === undefined ? {} : { greaterIsBetter }),
    ...(test === undefined ? {} : { test }),
  };
  return dag.sensor<{ model: ModelVersionRef }, AbTestResult>(
    id,
    async ({ model }) => {
      const { firstStart, logger, taskRescheduleCount } = getContext();
      const endpoints = new Endpoints(new TrackingClient());
      const treatment = variant ?? `v${model.version}`;
      const control = await controlOf(endpoints, endpoint, treatment);
      if (taskRescheduleCount === 0)
        await putVariant(endpoints, endpoint, {
          name: treatment,
          model: uriOf(model),
          weight: split,
          shadow: false,
        });
      else await requireSplit(endpoints, endpoint, treatment, split);
      const outcomes = await endpoints.metrics(endpoint, firstStart.toISOString());
      const arm = (name: string): Arm | null =>
        outcomes.find((one) => one.metric === metric && one.variant === name) ?? null;
      const [a, b] = [arm(control), arm(treatment)];
      const verdict = decideAbTest(a, b, rules);
      if (verdict === null) {
        logger.info(`${a?.count ?? 0} and ${b?.count ?? 0} of ${minSamples} outcomes of ${metric}`);
        return false;
      }
      logger.info(verdict.reason, { ...verdict });
      return { isDone: true, value: { ...model, endpoint, metric, control, treatment, ...verdict } };
    },
    { mode: "reschedule", pokeInterval: { seconds: 60 }, ...rest },
  );
}

/** What somebody else changed meanwhile stands, and with it there is nothing left to compare. */
async function requireSplit(
  endpoints: Endpoints,
  name: string,
  treatment: string,
  split: number,
): Promise<void> {
  const { variants } = await endpoints.get(name);
  const weight = variants.find((one) => one.name === treatment)?.weight ?? 0;
  if (weight !== split)
    throw new FailException(
      `${name}: expected ${treatment} to have ${split} % until the test ends, got ${weight} %`,
    );
}

async function controlOf(endpoints: Endpoints, endpoint: string, treatment: string): Promise<string> {
  const { variants } = await endpoints.get(endpoint);
  const [most] = variants.filter(({ name }) => name !== treatment).sort((a, b) => b.weight - a.weight);
  if (most !== undefined && most.weight > 0) return most.name;
  throw new TradewindError(
    "TW_AB_TEST",
    `${endpoint}: expected a variant beside ${treatment} that has traffic, got none to compare with`,
  );
}
