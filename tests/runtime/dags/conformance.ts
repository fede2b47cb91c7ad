/** The Dag of `tests/fixtures/protocol`; what its tasks do is written in `tasks.json` there. */
import { Dag, defer, FailException, getClient, getContext, reschedule, SkipException } from "tradewind";

const dag = new Dag("conformance", { params: { n: 3 } });

const nothing = dag.task("nothing", () => undefined)();
const value = dag.task("value", () => ({ rows: [1, 2], name: "x" }))();
const list = dag.task("list", () => [1, 2, 3])();
const addOne = dag.task("add_one", ({ x }: { x: number }) => x + 1).expand({ x: list });
dag.task("total", ({ all }: { all: number[] }) => all.reduce((a, b) => a + b, 0))({ all: addOne });
dag.task("skip", () => {
  throw new SkipException("nothing new");
})();
dag.task("fail_now", () => {
  throw new FailException("never again");
})();
dag.task("error", () => {
  throw new Error("outer", { cause: new Error("inner") });
})();
dag.task("push", () => getContext().ti.xcomPush("model", { size: 3 }))();
dag.task("push_then_fail", async () => {
  await getContext().ti.xcomPush("half", 1);
  throw new Error("after the push");
})();
dag.task("pull", () => getContext().ti.xcomPull({ taskIds: "value" }))();
dag.task("variable", () => getClient().getVariable("color"))();
dag.task("connection", async () => (await getClient().getConnectionOrThrow("db")).login)();
dag.task("defer", () => {
  const { triggerEvent } = getContext();
  return triggerEvent ?? defer({ classpath: "conformance.Trigger", kwargs: { at: 1 } }, { timeout: 60 });
})();
dag.task("reschedule", () => reschedule(new Date("2030-01-01T00:00:00Z")))();
dag.task("context", () => {
  const { dagId, taskId, runId, tryNumber, mapIndex, ds, params } = getContext();
  return [dagId, taskId, runId, tryNumber, mapIndex, ds, params["n"]];
})();
dag.task("sleep", () => getContext().sleep(60))();
dag.task("log", () => getContext().logger.warning("careful"))();
dag.task("unserializable", () => ({ a: [() => 1] }))();
dag.task("multiple", () => ({ a: 1, b: "two" }), { multipleOutputs: true })();
dag
  .branch("branch", () => "value")()
  .before(nothing, value);
