/** Which ids tasks, groups and Dags may have: Airflow's `KEY_REGEX`. */
import { TradewindError } from "../errors.ts";
import { type CallSite, callSite } from "./call-site.ts";
import { show } from "./options.ts";

const key = /^[\p{L}\p{N}_.-]+$/u;
const groupKey = /^[\p{L}\p{N}_-]+$/u;

/** Throws TW_ID_INVALID; `what` is "Dag id", "task id" or "task group id". */
export function checkId(what: string, id: unknown, at?: CallSite): asserts id is string {
  const isGroup = what === "task group id";
  const longest = isGroup ? 200 : 250;
  const signs = isGroup ? "letters, digits, - and _" : "letters, digits, -, _ and .";
  const fits = typeof id === "string" && (isGroup ? groupKey : key).test(id) && !id.includes("..");
  if (!fits)
    throw new TradewindError("TW_ID_INVALID", `a ${what} is made of ${signs}, not ${show(id)}`, {
      at: at ?? callSite(),
    });
  if (id.length > longest) {
    throw new TradewindError(
      "TW_ID_INVALID",
      `a ${what} has at most ${longest} characters, not ${id.length}: ${show(id)}`,
      { at: at ?? callSite() },
    );
  }
}
