import { Dag, defer, FailException, getClient, getContext, reschedule, SkipException } from "tradewind";

const dag = new Dag("outcomes");
const task = (id: string, handler: () => unknown, options = {}) => dag.task(id, handler, options)();

task("noop", () => undefined);
task("value", () => ({ rows: [1, 2], name: "x" }));
task("async_value", async () => [1, 2, 3]);
task("skip", () => {
  throw new SkipException("nothing new");
});
task("fail", () => {
  throw new FailException("never again");
});
task("error", () => {
  throw new TypeError("bad input", { cause: new Error("the disk", { cause: "a string" }) });
});
task("throws_string", () => {
  throw "just text";
});
task("throws_null", () => {
  throw null;
});
task("throws_object", () => {
  throw { status: 7 };
});
task("rejects_undefined", () => Promise.reject());
task("function", () => ({ a: [1, () => 1] }));
task("bigint", () => ({ deep: { list: [0, 1n] } }));
task("cycle", () => {
  const a: { self?: unknown } = {};
  a.self = { back: a };
  return a;
});
task("nan", () => ({ loss: Number.NaN }));
task("map", () => new Map([["a", 1]]));
task("date", () => ({ at: new Date(0), gone: undefined }));
task("large", () => "x".repeat(400_000));
task("huge", () => Array.from({ length: 20 }, () => "y".repeat(10_000_000)));
task("typed", () => new Float64Array([1.5, 2.5]));
task("never", () => new Promise(() => {}));
task("never_listens", async () => {
  for (;;) await new Promise((resolve) => setTimeout(resolve, 5));
});
task(
  "listens",
  () =>
    new Promise((_, reject) =>
      getContext().signal.addEventListener("abort", () => reject(getContext().signal.reason)),
    ),
);
task("prints", () => {
  const line = `${"z".repeat(999)}\n`;
  for (let i = 0; i < 100_000; i++) process.stdout.write(line);
  console.log("last line");
  console.error("to stderr");
});
task("logs", () => {
  const { logger } = getContext();
  logger.debug("hidden");
  logger.info("seen", { n: 1, bad: () => 1, error: new Error("inside"), nan: Number.NaN });
  logger.warn("careful");
});
task("exits", () => process.exit(3));
task("throws_later", () => {
  setTimeout(() => {
    throw new Error("in a timer");
  }, 1);
  return new Promise(() => {});
});
task("rejects_aside", () => {
  void Promise.reject(new Error("nobody waits"));
  return new Promise(() => {});
});
task("leaks_timer", () => {
  setInterval(() => {}, 1000);
});
task("leaks_server", async () => {
  const { createServer } = await import("node:net");
  await new Promise<void>((resolve) => createServer().listen(0, "127.0.0.1", () => resolve()));
});
task("leaks_process", async () => {
  const { spawn } = await import("node:child_process");
  spawn("sleep", ["60"], { stdio: "ignore" });
});
task("defers", () => {
  const { triggerEvent } = getContext();
  if (triggerEvent !== undefined) return { resumed: triggerEvent };
  return defer({ classpath: "DateTimeTrigger", kwargs: { moment: "2030-01-01T00:00:00Z" } }, { timeout: 60 });
});
task("reschedules", () => reschedule(new Date("2030-01-01T00:00:00Z")));
task("outputs", () => ({ a: 1, b: "two" }), { multipleOutputs: true });
task("no_push", () => 5, { doXcomPush: false });
task("pushes", async () => {
  const { ti } = getContext();
  await ti.xcomPush("model", { size: 3 });
  return ti.xcomPull({ key: "model" });
});
task("asks", async () => {
  const client = getClient();
  const { variables, connections } = getContext();
  return {
    variable: await client.getVariable("color"),
    json: await variables.getJson("table"),
    fallback: await variables.get("gone", "blue"),
    missing: await client.getVariable("gone"),
    connection: await connections.get("db"),
    upstream: await getContext().ti.xcomPull({ taskIds: "value" }),
    run: await client.getDagRun("other", "r1"),
    triggered: await client.triggerDagRun({ dagId: "other", conf: { a: 1 } }),
  };
});
task("missing_variable", () => getClient().getVariableOrThrow("gone"));
task("context", () => {
  const context = getContext();
  const { ds, tsNodash, dagId, taskId, runId, tryNumber, mapIndex, taskInstanceKeyStr, params, conf } =
    context;
  return {
    ds,
    tsNodash,
    dagId,
    taskId,
    runId,
    tryNumber,
    mapIndex,
    taskInstanceKeyStr,
    params,
    conf,
    type: context.dagRun.runType,
  };
});
