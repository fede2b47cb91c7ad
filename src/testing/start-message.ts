/** The message that a supervisor would start an attempt with. */
import type { Json } from "../core/dag-model.ts";
import type { RunFacts } from "../core/facts.ts";
import type { Instance } from "../core/instances.ts";
import type { CodeLocation, StartTask } from "../runtime/protocol.ts";
import type { TestDagOptions } from "./test-types.ts";

/** There is no version of the code: it is imported already. */
export const noCode: CodeLocation = {
  dagsFolder: "",
  relativeFile: "test.ts",
  versionHash: "test",
  snapshotFolder: "",
  files: {},
  interpreter: "node",
};

function iso(instant: number | null | undefined): string | null {
  return instant == null ? null : new Date(instant).toISOString();
}

export function runMessage({ run }: RunFacts): StartTask["run"] {
  return {
    runType: run.runType,
    logicalDate: iso(run.logicalDate),
    dataIntervalStart: iso(run.dataInterval?.start),
    dataIntervalEnd: iso(run.dataInterval?.end),
    runAfter: new Date(run.runAfter).toISOString(),
    startDate: iso(run.startDate),
    conf: run.conf,
    partitionKey: null,
    clearNumber: 0,
    triggeredBy: "test",
  };
}

export function startMessage(
  facts: RunFacts,
  instance: Instance,
  options: TestDagOptions,
  progress: Pick<StartTask, "resume" | "reschedule">,
  now: number,
): StartTask {
  const { task, mapIndex, tryNumber, maxTries, attemptId } = instance;
  const { dagId, runId } = facts.run;
  const taskId = facts.dag.tasks[task]?.spec.taskId ?? "";
  return {
    type: "start",
    task: {
      dagId,
      taskId,
      runId,
      mapIndex,
      tryNumber,
      attemptId: attemptId ?? "",
      maxTries,
      startDate: new Date(now).toISOString(),
    },
    code: noCode,
    run: runMessage(facts),
    xcoms: [],
    ...(mapIndex < 0 ? {} : { expansion: { index: mapIndex, total: facts.instances.size(task) } }),
    params: { ...options.params } as { [name: string]: Json },
    ...(progress.resume === undefined ? {} : { resume: progress.resume }),
    ...(progress.reschedule === undefined ? {} : { reschedule: progress.reschedule }),
    executionTimeout: null,
    memoryLimitMb: null,
    artifactRoot: "",
    xcomInlineLimit: Number.MAX_SAFE_INTEGER,
    logLevel: "debug",
    context: { testMode: true, triggeringAssetEvents: (options.assetEvents ?? []) as unknown as Json },
  };
}
