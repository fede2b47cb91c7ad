/** One task instance: facts, why it waits, its log, values and rendered templates. */
import { z } from "zod";
import { isFinished } from "../../core/states.ts";
import { TradewindError } from "../../errors.ts";
import { maskedValue } from "../../logs/secret-masker.ts";
import { getDagRun } from "../../store/dag-runs.ts";
import { findVersionById } from "../../store/dag-versions.ts";
import { getDag } from "../../store/dags.ts";
import { findRenderedFields } from "../../store/rendered-fields.ts";
import { listTries } from "../../store/task-instance-history.ts";
import { countStates, findTaskInstance, type TaskInstanceRow } from "../../store/task-instances.ts";
import { findXCom, listXComs } from "../../store/xcoms.ts";
import type { ApiApp } from "../app.ts";
import { can } from "../auth/access.ts";
import { linksOf } from "../instance-links.ts";
import type { ApiParts } from "../parts.ts";
import { isSecretName } from "../secret-names.ts";
import { causeOf, logPage } from "./attempt-log.ts";
import type * as page from "./contract.ts";
import { unmetOf } from "./explain-instance.ts";
import { RunParams } from "./run-views.ts";
import { isMapped } from "./structure.ts";

const InstanceParams = RunParams.extend({ task_id: z.string() });
const InstanceQuery = z.object({ map_index: z.int().min(-1).default(-1) });
const LogParams = InstanceParams.extend({ try_number: z.int().min(0) });
const LogQuery = InstanceQuery.extend({
  from: z.int().min(0).default(0),
  limit: z.int().min(1).max(50_000).default(5000),
});

type At = z.output<typeof InstanceParams> & z.output<typeof InstanceQuery>;

export function registerInstanceViews(app: ApiApp, parts: ApiParts): void {
  const base = "/ui/dags/:dag_id/runs/:dag_run_id/tasks/:task_id";
  const schema = { params: InstanceParams, querystring: InstanceQuery };
  app.get(base, { config: { access: can("read", "Task Instances") }, schema }, ({ params, query }) =>
    instanceDetail(parts, { ...params, ...query }),
  );
  app.get(
    `${base}/logs/:try_number`,
    {
      config: { access: can("read", "Task Logs") },
      schema: { params: LogParams, querystring: LogQuery },
    },
    async ({ params, query }): Promise<page.LogPage> => {
      const instance = await findInstance(parts, { ...params, ...query });
      const found = await logPage(parts, attemptOf({ ...params, ...query }), query);
      return { ...found, live: params.try_number >= instance.tryNumber && !isFinished(instance.state) };
    },
  );
  app.get(
    `${base}/xcoms`,
    { config: { access: can("read", "XComs") }, schema },
    async ({ params, query }): Promise<page.XComItem[]> => {
      const { runPk, taskId, mapIndex } = await findInstance(parts, { ...params, ...query });
      const { database } = parts;
      const items = await listXComs(database, { runPk, taskId, mapIndex });
      return Promise.all(
        items.map(async (item) => {
          if (isSecretName(parts.config, item.key)) return { ...item, value: maskedValue, ref: null };
          const found =
            item.ref === null ? await findXCom(database, { runPk, taskId, mapIndex, key: item.key }) : null;
          return { ...item, value: found?.value ?? null };
        }),
      );
    },
  );
  app.get(
    `${base}/rendered`,
    { config: { access: can("read", "Task Instances") }, schema },
    async ({ params, query }) =>
      findRenderedFields(parts.database, await findInstance(parts, { ...params, ...query })),
  );
}

const attemptOf = (at: At & { try_number: number }) => ({
  dagId: at.dag_id,
  runId: at.dag_run_id,
  taskId: at.task_id,
  mapIndex: at.map_index,
  tryNumber: at.try_number,
});

/** @throws TradewindError TW_DAG_NOT_FOUND, TW_DAG_RUN_NOT_FOUND or TW_TASK_NOT_FOUND: the first that is not there. */
async function findInstance({ database }: ApiParts, at: At): Promise<TaskInstanceRow> {
  const { dag_id: dagId, dag_run_id: runId, task_id: taskId, map_index: mapIndex } = at;
  const found = await findTaskInstance(database, { dagId, runId, taskId, mapIndex });
  if (found !== null) return found;
  await getDag(database, dagId);
  await getDagRun(database, dagId, runId);
  throw new TradewindError(
    "TW_TASK_NOT_FOUND",
    `expected a task instance of ${dagId} in ${runId}, got ${taskId}${mapIndex < 0 ? "" : ` with map index ${mapIndex}`}`,
  );
}

async function instanceDetail(parts: ApiParts, at: At): Promise<page.InstanceDetail> {
  const { database } = parts;
  const run = await getDagRun(database, at.dag_id, at.dag_run_id);
  const version = await findVersionById(database, run.versionId);
  const task = version?.spec.tasks.find(({ taskId }) => taskId === at.task_id);
  const mapped =
    task !== undefined &&
    isMapped(task, new Map(version?.spec.taskGroups.map((group) => [group.groupId, group])));
  const states = await countStates(database, run.id);
  const instance = await instanceOrMapped(
    parts,
    at,
    states.some(({ taskId }) => taskId === at.task_id),
  );
  const { dagId, runId, taskId, mapIndex, runPk, tryNumber } = instance;
  const dag = await getDag(database, dagId);
  const stateOf = (id: string) => ({
    taskId: id,
    state: states.find((one) => one.taskId === id)?.state ?? null,
  });
  const tries = (await listTries(database, { runPk, taskId, mapIndex })).map((one) => ({
    ...one,
    taskId,
    mapIndex,
  }));
  const failed = instance.state === "failed" || instance.state === "up_for_retry";
  return {
    ...instance,
    runState: run.state,
    label: task?.label ?? taskId,
    docMd: task?.docMd ?? null,
    triggerRule: task?.triggerRule ?? "all_success",
    upstream: (task?.upstream ?? []).map(stateOf),
    downstream: (version?.spec.tasks ?? [])
      .filter(({ upstream }) => upstream.includes(taskId))
      .map(({ taskId }) => stateOf(taskId)),
    versionNumber: version?.versionNumber ?? null,
    line: task?.line ?? null,
    relativeFile: version?.spec.relativeFile ?? null,
    isMapped: mapped,
    mappedCounts: Object.fromEntries(
      states.filter((one) => one.taskId === taskId).map(({ state, count }) => [state ?? "none", count]),
    ),
    tries,
    unmet: isFinished(instance.state)
      ? []
      : [...(await unmetOf(parts, { ...instance, isPaused: dag.isPaused }))],
    error: failed ? await causeOf(parts, { dagId, runId, taskId, mapIndex, tryNumber }) : null,
    extraLinks: await linksOf(database, task, { runPk, taskId, mapIndex }),
  };
}

/** A mapped task has no instance of index -1 once it is expanded; its first one then stands for it. */
async function instanceOrMapped(parts: ApiParts, at: At, isThere: boolean): Promise<TaskInstanceRow> {
  if (at.map_index >= 0 || !isThere) return findInstance(parts, at);
  const { dag_id: dagId, dag_run_id: runId, task_id: taskId } = at;
  const plain = await findTaskInstance(parts.database, { dagId, runId, taskId, mapIndex: -1 });
  return plain ?? findInstance(parts, { ...at, map_index: 0 });
}
