/**
 * Answers about the state stores. A value stands in the database when its answer goes out: a task that has noted the
 * id of the job that it started finds it again, whatever ends its process.
 */
import type { Json } from "../core/dag-model.ts";
import { defaultExpiry } from "../core/state-expiry.ts";
import { instantFromIso } from "../core/timetable/next-run.ts";
import { assertNever } from "../errors.ts";
import type { ChildRequest } from "../runtime/protocol.ts";
import { getAsset } from "../store/assets.ts";
import type { Executor } from "../store/connect.ts";
import {
  deleteAssetStates,
  deleteTaskStates,
  findAssetState,
  findTaskState,
  setAssetState,
  setTaskState,
} from "../store/state-store.ts";

export type StateRequest = Extract<
  ChildRequest,
  { method: `task-state.${string}` | `asset-state.${string}` }
>;

/** Which instance asks. */
export interface StateAsker {
  readonly runPk: number;
  readonly dagId: string;
  readonly runId: string;
  readonly taskId: string;
  readonly mapIndex: number;
}

/** @throws TradewindError TW_ASSET_NOT_FOUND for an asset that no Dag mentions. */
export async function answerAboutState(
  executor: Executor,
  request: StateRequest,
  asker: StateAsker,
  now: number,
  defaultRetentionDays: number,
): Promise<Json> {
  const { runPk, dagId, runId, taskId, mapIndex } = asker;
  const at = { runPk, taskId, mapIndex };
  switch (request.method) {
    case "task-state.get":
      return (await findTaskState(executor, at, request.params.key, now))?.value ?? null;
    case "task-state.set": {
      const { key, value, expiresAt } = request.params;
      const expiry =
        expiresAt === undefined
          ? defaultExpiry(defaultRetentionDays, now)
          : expiresAt === null
            ? null
            : instantFromIso(expiresAt);
      await setTaskState(executor, at, { key, value, expiresAt: expiry }, now);
      return null;
    }
    case "task-state.delete":
      await deleteTaskStates(executor, at, request.params.key ?? null);
      return null;
    case "asset-state.get": {
      const { id } = await getAsset(executor, request.params);
      return (await findAssetState(executor, id, request.params.key))?.value ?? null;
    }
    case "asset-state.set": {
      const { key, value, ...named } = request.params;
      const { id } = await getAsset(executor, named);
      const writer = { kind: "task" as const, dagId, runId, taskId, mapIndex };
      await setAssetState(executor, id, { key, value, writer }, now);
      return null;
    }
    case "asset-state.delete": {
      const { id } = await getAsset(executor, request.params);
      await deleteAssetStates(executor, id, request.params.key ?? null);
      return null;
    }
    default:
      return assertNever(request, "request about a state");
  }
}
