/**
 * Waiting: for a condition, for a file, for an instant.
 *
 * - A sensor asks again and again. In mode "poke" it keeps its slot, in mode "reschedule" it gives it back in between.
 * - A task can defer: it ends, and a trigger waits in its place, ten thousand of them in one process. When the trigger
 *   fires, the task goes on with what the trigger sent. Neither counts as a try.
 */
import { Dag, defer, getContext, Param, TimeDeltaTrigger } from "tradewind";

export const waiting = new Dag("waiting", {
  schedule: null,
  tags: ["example"],
  params: { seconds: new Param(2, { type: "number", minimum: 0, description: "How long to wait" }) },
});

/** Looks every second whether enough time went by; gives up after a minute. */
const condition = waiting.sensor(
  "condition",
  async () => {
    const { firstStart, now, params } = getContext();
    const waited = (now().getTime() - firstStart.getTime()) / 1000;
    return { isDone: waited >= Number(params["seconds"]), value: `waited ${Math.round(waited)} s` };
  },
  { mode: "reschedule", pokeInterval: 1, timeout: { minutes: 1 } },
)();

/** Holds no slot while it waits. The function is called again from its start, so it asks first whether it was woken. */
const instant = waiting.task("instant", async () => {
  const { triggerEvent, params } = getContext();
  if (triggerEvent === undefined)
    defer(TimeDeltaTrigger({ delta: Number(params["seconds"]) }), { timeout: 3600 });
  return `woken after ${triggerEvent} s`;
})();

waiting.task(
  "go_on",
  async ({ one, other }: { one: string; other: string }) => `${one}; ${other}`,
)({
  one: condition,
  other: instant,
});
