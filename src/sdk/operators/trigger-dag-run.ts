/** Starts a run of another Dag. */
import type { Json } from "../../core/dag-model.ts";
import { type DagRunState, dagRunStates } from "../../core/states.ts";
import { TradewindError } from "../../errors.ts";
import { getClient, type TaskContext } from "../context.ts";
import { type Duration, toSeconds } from "../duration.ts";
import { defineOperator } from "../operator.ts";
import { option } from "../options.ts";
import { defer, SkipException } from "../outcomes.ts";
import { DagStateTrigger } from "../triggers/dag-state.ts";

export interface TriggerDagRunOptions {
  readonly triggerDagId: string;
  /** Default: made from the type and the time of the run. */
  readonly triggerRunId?: string;
  readonly conf?: { readonly [key: string]: Json };
  readonly logicalDate?: Date | string | null;
  /** Clears and restarts a run that exists already. Default false: such a run fails the task. */
  readonly resetDagRun?: boolean;
  /** Default false. */
  readonly waitForCompletion?: boolean;
  /** Default 60 s. */
  readonly pokeInterval?: Duration;
  /** Default: success. */
  readonly allowedStates?: readonly DagRunState[];
  /** Default: failed. */
  readonly failedStates?: readonly DagRunState[];
  /** Skips the task when the run exists already. Default false. */
  readonly skipWhenAlreadyExists?: boolean;
  /** Fails when the other Dag is paused, as its run would wait. Default false. */
  readonly failWhenDagIsPaused?: boolean;
  readonly note?: string;
  /** Waits without a slot. Default false. */
  readonly deferrable?: boolean;
}

const states = option.that(
  "an array of run states",
  (value) =>
    Array.isArray(value) && value.every((state) => (dagRunStates as readonly unknown[]).includes(state)),
);

/**
 * Triggers a run of a Dag, and waits for it where told to (Airflow's TriggerDagRunOperator). The XCom
 * `trigger_run_id` holds the run's id.
 */
export const TriggerDagRunOperator = defineOperator<TriggerDagRunOptions, undefined>({
  name: "TriggerDagRunOperator",
  options: {
    triggerDagId: option.nonEmpty({ required: true }),
    triggerRunId: option.nonEmpty(),
    conf: option.object(),
    logicalDate: option.that(
      "a Date, an ISO 8601 string or null",
      (value) => value === null || option.date().accepts(value),
    ),
    resetDagRun: option.boolean(),
    waitForCompletion: option.boolean(),
    pokeInterval: option.duration(),
    allowedStates: states,
    failedStates: states,
    skipWhenAlreadyExists: option.boolean(),
    failWhenDagIsPaused: option.boolean(),
    note: option.string(),
    deferrable: option.boolean(),
  },
  templateFields: ["triggerDagId", "triggerRunId", "logicalDate", "conf", "note"],
  uiColor: "#ffefeb",
  dagDependency: ({ triggerDagId }) => ({ kind: "trigger", dagId: triggerDagId }),
  async execute(options, context) {
    const runId = await trigger(options, context);
    await context.ti.xcomPush("trigger_run_id", runId);
    if (!options.waitForCompletion) return undefined;
    const pollInterval = toSeconds(options.pokeInterval ?? 60);
    const done = [...allowed(options), ...failing(options)];
    if (options.deferrable) {
      defer(DagStateTrigger({ dagId: options.triggerDagId, runId, states: done, pollInterval }), {
        kwargs: { runId },
      });
    }
    for (;;) {
      const run = await getClient().getDagRun(options.triggerDagId, runId);
      if (run && done.includes(run.state)) return judge(options, runId, run.state);
      await context.sleep(pollInterval);
    }
  },
  resume: {
    executeComplete(options, _, { event, kwargs }) {
      const { state } = event as { state: string };
      return judge(options, String(kwargs["runId"]), state);
    },
  },
});

async function trigger(options: TriggerDagRunOptions, context: TaskContext): Promise<string> {
  const { triggerDagId, triggerRunId, conf, logicalDate, resetDagRun = false, note } = options;
  const client = getClient();
  if (options.failWhenDagIsPaused && (await client.getDag(triggerDagId))?.isPaused) {
    throw new TradewindError("TW_CHECK_FAILED", `expected Dag "${triggerDagId}" to be active, it is paused`);
  }
  const { runId, alreadyExisted } = await client.triggerDagRun({
    dagId: triggerDagId,
    ...(triggerRunId === undefined ? {} : { runId: triggerRunId }),
    ...(logicalDate === undefined ? {} : { logicalDate }),
    ...(conf === undefined ? {} : { conf: conf as { [key: string]: Json } }),
    ...(note === undefined ? {} : { note }),
    reset: resetDagRun,
  });
  if (!alreadyExisted || resetDagRun) {
    context.logger.info(`triggered run "${runId}" of Dag "${triggerDagId}"`);
    return runId;
  }
  if (options.skipWhenAlreadyExists)
    throw new SkipException(`run "${runId}" of Dag "${triggerDagId}" exists already`);
  // A retry of this attempt finds the run that the one before it made, where the id is given.
  throw new TradewindError(
    "TW_CHECK_FAILED",
    `expected to start a run of Dag "${triggerDagId}", run "${runId}" exists already`,
    {
      hint: "set resetDagRun to start it again, or skipWhenAlreadyExists to skip",
    },
  );
}

function allowed({ allowedStates }: TriggerDagRunOptions): readonly string[] {
  return allowedStates?.length ? allowedStates : ["success"];
}

function failing({ failedStates }: TriggerDagRunOptions): readonly string[] {
  return failedStates ?? ["failed"];
}

function judge(options: TriggerDagRunOptions, runId: string, state: string): undefined {
  if (failing(options).includes(state)) {
    throw new TradewindError(
      "TW_CHECK_FAILED",
      `expected run "${runId}" of Dag "${options.triggerDagId}" to end in ${allowed(options).join(" or ")}, it is ${state}`,
    );
  }
  return undefined;
}
