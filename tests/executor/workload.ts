import { randomUUID } from "node:crypto";
import type { Workload } from "../../src/executor/executor.ts";
import type { StartTask } from "../../src/runtime/protocol.ts";
import type { Behaviour } from "./behaviour.ts";

export function startTask(attemptId: string, behaviour: Behaviour, more: Partial<StartTask> = {}): StartTask {
  const date = "2026-01-31T08:00:00.000Z";
  return {
    type: "start",
    task: {
      dagId: "d",
      taskId: "t",
      runId: "r",
      mapIndex: -1,
      tryNumber: 1,
      attemptId,
      maxTries: 0,
      startDate: date,
    },
    code: {
      dagsFolder: "/",
      relativeFile: "d.ts",
      versionHash: "0",
      snapshotFolder: "/",
      files: {},
      interpreter: "node",
    },
    run: {
      runType: "manual",
      logicalDate: null,
      dataIntervalStart: null,
      dataIntervalEnd: null,
      runAfter: date,
      startDate: date,
      conf: {},
      partitionKey: null,
      clearNumber: 0,
      triggeredBy: "test",
    },
    xcoms: [],
    params: {},
    executionTimeout: null,
    memoryLimitMb: null,
    artifactRoot: "/nowhere",
    xcomInlineLimit: 1000,
    logLevel: "info",
    context: { behaviour: behaviour as never },
    ...more,
  };
}

export function workload(
  behaviour: Behaviour,
  { start, ...more }: Partial<Omit<Workload, "start">> & { start?: Partial<StartTask> } = {},
): Workload {
  const attemptId = more.attemptId ?? randomUUID();
  return {
    attemptId,
    queue: "default",
    pool: "default_pool",
    poolSlots: 1,
    isolation: "warm",
    priority: 1,
    runAsUser: null,
    env: {},
    cwd: null,
    logPath: `dag_id=d/run_id=r/task_id=${attemptId}/attempt=1.log`,
    ...more,
    start: startTask(attemptId, behaviour, start),
  };
}
