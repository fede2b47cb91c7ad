/** The look of a task's process into the step cache, for tasks whose key is made by a function. */
import type { Json } from "../core/dag-model.ts";
import type { CachedStep, ChildAnswers } from "./protocol.ts";
import type { AttemptPort } from "./run-attempt.ts";
import { checkJson } from "./xcom-json.ts";

/**
 * Null where the task has to run. Says in the log what came of it.
 *
 * @throws TradewindError TW_XCOM_VALUE for a key that is not JSON.
 */
export async function lookIntoStepCache(
  port: Pick<AttemptPort, "request" | "log">,
  key: unknown,
): Promise<CachedStep | null> {
  const value = key ?? null;
  checkJson(value, "the key of the step cache");
  const params = { value: JSON.parse(JSON.stringify(value)) as Json };
  const answer = (await port.request({
    method: "step-cache.look",
    params,
  })) as unknown as ChildAnswers["step-cache.look"];
  const outcome = answer.result === null ? "miss" : "hit";
  port.log("info", `step cache ${outcome}: ${answer.explanation}`, undefined, "step-cache");
  return answer.result;
}
