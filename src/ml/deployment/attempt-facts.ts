/** Who a task is, for what it leaves behind on the server. */
import { getContext } from "../../sdk/context.ts";

/** The same for every try of the instance, and for no other instance. */
export function instanceKey(): string {
  const { dagId, runId, taskId, mapIndex } = getContext();
  return [dagId, runId, taskId, ...(mapIndex < 0 ? [] : [String(mapIndex)])].join("/");
}

/** For histories: who did it, and why. */
export function byTask(what: string): string {
  const { dagId, runId, taskId } = getContext();
  return `${what} (task ${taskId} of ${dagId}, run ${runId})`;
}
