import { Dag, defer, defineTrigger } from "tradewind";

const CountTrigger = defineTrigger("CountTrigger", async function* ({ upTo }: { upTo: number }) {
  for (let n = 1; n <= upTo; n++) yield { n };
});

defineTrigger("ThrowingTrigger", async () => {
  throw new Error("it broke");
});

defineTrigger("BadEventTrigger", async () => (() => 1) as never);

defineTrigger("StrayTrigger", (_, { sleep }) => {
  setTimeout(() => {
    throw new Error("in a timer of a trigger");
  }, 1);
  return sleep(3600).then(() => null);
});

const dag = new Dag("triggers");
dag.task("wait", () => defer(CountTrigger({ upTo: 1 })))();
