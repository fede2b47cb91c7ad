/** Triggers that wait for an instant: one entry of the host's timer each. */
import { TradewindError } from "../../errors.ts";
import { defineTrigger } from "../trigger.ts";

function instant(moment: string): number {
  const at = Date.parse(moment);
  if (!Number.isNaN(at)) return at;
  throw new TradewindError(
    "TW_OPTION_INVALID",
    `expected the moment of a trigger to be an ISO 8601 date, got "${moment}"`,
  );
}

/** Fires at `moment` (ISO 8601), at once when that is past. The event is the moment. */
export const DateTimeTrigger = defineTrigger<{ moment: string }>(
  "DateTimeTrigger",
  async ({ moment }, { now, sleep }) => {
    await sleep((instant(moment) - now()) / 1000);
    return moment;
  },
  { due: ({ moment }) => instant(moment) },
);

/** Fires `delta` seconds after it was set. */
export const TimeDeltaTrigger = defineTrigger<{ delta: number }>(
  "TimeDeltaTrigger",
  async ({ delta }, { sleep }) => {
    await sleep(delta);
    return delta;
  },
  { due: ({ delta }, now) => now + delta * 1000 },
);
