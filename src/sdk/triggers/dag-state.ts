/** Triggers that wait for runs and tasks of another Dag. */
import { defineTrigger } from "../trigger.ts";

/** Fires when the run is in one of `states`. The event is `{ runId, state }`. `pollInterval` in seconds. */
export const DagStateTrigger = defineTrigger<{
  dagId: string;
  runId: string;
  states: string[];
  pollInterval: number;
}>("DagStateTrigger", async ({ dagId, runId, states, pollInterval }, { client, signal, sleep }) => {
  for (;;) {
    signal.throwIfAborted();
    const run = await client.getDagRun(dagId, runId);
    if (run && states.includes(run.state)) return { runId, state: run.state };
    await sleep(pollInterval);
  }
});

export type ExternalTaskKwargs = {
  dagId: string;
  logicalDates: string[];
  taskIds: string[] | null;
  taskGroupId: string | null;
  allowed: string[];
  failed: string[];
  skipped: string[];
};

/** Fires when the other Dag's tasks are decided. The event is the decision's word: success, failed or skipped. */
export const ExternalTaskTrigger = defineTrigger<ExternalTaskKwargs & { pollInterval: number }>(
  "ExternalTaskTrigger",
  async ({ pollInterval, ...kwargs }, { client, signal, sleep }) => {
    const { decideExternal } = await import("../sensors/external-task-decision.ts");
    for (;;) {
      signal.throwIfAborted();
      const decision = await decideExternal(kwargs, client);
      if (decision !== "waiting") return decision;
      await sleep(pollInterval);
    }
  },
);
