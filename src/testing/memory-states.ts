/** The state stores of tasks and assets, in memory. Nothing expires: the clock of a test run stands still within a task. */
import { assertNever } from "../errors.ts";
import type { ChildRequest } from "../runtime/protocol.ts";
import type { Json } from "./test-types.ts";

type StateRequest = Extract<ChildRequest, { method: `task-state.${string}` | `asset-state.${string}` }>;

export class MemoryStates {
  readonly #stores = new Map<string, Map<string, Json>>();

  answer(request: StateRequest, asker: { taskId: string; mapIndex: number }): Json {
    const { method, params } = request;
    const owner = method.startsWith("task-state.")
      ? `task\n${asker.taskId}\n${asker.mapIndex}`
      : `asset\n${"name" in params ? params.name : ""}\n${"uri" in params ? params.uri : ""}`;
    const store = this.#stores.get(owner) ?? new Map<string, Json>();
    this.#stores.set(owner, store);
    switch (request.method) {
      case "task-state.get":
      case "asset-state.get":
        return store.get(request.params.key) ?? null;
      case "task-state.set":
      case "asset-state.set":
        store.set(request.params.key, request.params.value as Json);
        return null;
      case "task-state.delete":
      case "asset-state.delete":
        if (request.params.key === undefined) store.clear();
        else store.delete(request.params.key);
        return null;
      default:
        return assertNever(request, "request about a state");
    }
  }
}
