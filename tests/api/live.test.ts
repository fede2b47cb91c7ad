import { appendFileSync, mkdirSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from "vitest";
import { attemptLogPath } from "../../src/scheduler/workload.ts";
import { payloadsOf, type RunChange, readChanges, tellChanges } from "../../src/store/live-changes.ts";
import { notify } from "../../src/store/notify.ts";
import { createUser } from "../../src/store/users.ts";
import { dagSpecOf } from "../core/support/build-dag.ts";
import { runToEnd, world } from "../scheduler/support.ts";
import { addDag } from "../store/rows.ts";
import { createApi, freshApi, type TestApi } from "../support/api.ts";
import { EventStream } from "../support/event-stream.ts";

let api: TestApi;
beforeAll(async () => {
  api = await createApi();
});
afterAll(() => api.stop());

async function open(topics: string, headers: Record<string, string> = {}, on = api): Promise<EventStream> {
  const signedIn = headers["authorization"] === undefined ? await on.signedIn("Viewer") : {};
  const url = `${on.url}/events/stream?topics=${encodeURIComponent(topics)}`;
  const stream = await EventStream.open(url, { ...signedIn, ...headers });
  onTestFinished(() => stream.close());
  return stream;
}

const change = (dagId: string, runId: string, more: Partial<RunChange>): RunChange => ({
  dagId,
  runId,
  ...more,
});
const tell = (...changes: RunChange[]): Promise<void> => tellChanges(api.database, changes);

describe("a stream", () => {
  it("hears of the runs and tasks that it asked for, and of no others", async () => {
    const stream = await open("runs:a,tasks:b/r%2F1");
    expect(stream.response.headers.get("content-type")).toBe("text/event-stream; charset=utf-8");
    await stream.next("ready");
    await tell(
      change("b", "r/1", { state: "running" }),
      change("a", "x", { state: "running", tasks: [["t", -1, "queued", 1]] }),
      change("b", "r/2", { tasks: [["t", -1, "running", 1]] }),
      change("b", "r/1", { tasks: [["t", 3, "success", 2]] }),
    );
    await stream.next("tasks");
    expect(stream.seen.map(({ name, data }) => [name, data])).toEqual([
      ["ready", {}],
      ["run", { dag_id: "a", run_id: "x", state: "running" }],
      [
        "tasks",
        {
          dag_id: "b",
          run_id: "r/1",
          tasks: [{ task_id: "t", map_index: 3, state: "success", try_number: 2 }],
        },
      ],
    ]);
  });

  it("goes on where it broke off, and misses nothing between", async () => {
    const first = await open("runs");
    await first.next("ready");
    await tell(change("a", "1", { state: "running" }));
    const { id } = await first.next("run");
    first.close();
    await tell(change("a", "1", { state: "success" }), change("a", "2", { state: "running" }));
    const again = await open("runs", { "last-event-id": id });
    await again.next("run", ({ run_id }) => run_id === "2");
    expect(again.seen.filter(({ name }) => name !== "ready").map(({ data }) => data)).toEqual([
      { dag_id: "a", run_id: "1", state: "success" },
      { dag_id: "a", run_id: "2", state: "running" },
    ]);
  });

  it("is told to load again when the server is another one, or the event is long gone", async () => {
    for (const id of ["abc.7.0", "nonsense"]) {
      const stream = await open("runs", { "last-event-id": id });
      await stream.next("ready");
      expect(stream.seen.map(({ name }) => name)).toEqual(["reset", "ready"]);
    }
  });

  it("is told to load again after the database's session broke", async () => {
    const own = await freshApi();
    const stream = await open("runs", {}, own);
    await stream.next("ready");
    await own.database.run({
      text: "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'tradewind listener' AND datname = current_database()",
      values: [],
    });
    await stream.next("reset");
    await tellChanges(own.database, [change("a", "1", { state: "running" })]);
    await stream.next("run");
  });

  it("hears of Dags, assets, pools, backfills and questions by the words of the services", async () => {
    const stream = await open("dags,assets,pools,backfills,questions");
    await stream.next("ready");
    await notify(api.database, ["dag:x", "assets", "pools", "backfill:x", "questions:x", "request:x"]);
    await stream.next("questions");
    expect(stream.seen.map(({ name }) => name)).toEqual([
      "ready",
      "dag",
      "assets",
      "pools",
      "backfill",
      "questions",
    ]);
  });

  it("shows only Dags that its user may see", async () => {
    await addDag(api.database, "shown", { accessControl: { watchers: ["can_read"] } });
    const grant = { action: { name: "can_read" }, resource: { name: "Website" } };
    await api.call("POST", "/auth/fab/v1/roles", { body: { name: "watchers", permissions: [grant] } });
    const user = { username: "w", email: null, password: "w", roles: ["watchers"] };
    await createUser(api.database, user, Date.now());
    const authorization = `Basic ${Buffer.from("w:w").toString("base64")}`;
    const stream = await open("runs", { authorization });
    await stream.next("ready");
    await tell(change("hidden", "1", { state: "running" }), change("shown", "1", { state: "running" }));
    expect((await stream.next("run")).data).toMatchObject({ dag_id: "shown" });
  });

  it("is refused for topics that do not exist, and for whoever may not see the page", async () => {
    const viewer = await api.signedIn("Viewer");
    for (const topics of ["", "everything", "runs:%zz", "log:a/b", "tasks", "log:d/r/t/x/1"]) {
      const url = `${api.url}/events/stream?topics=${encodeURIComponent(topics)}`;
      expect((await fetch(url, { headers: viewer })).status, topics).toBe(400);
    }
    expect((await fetch(`${api.url}/events/stream?topics=runs`)).status).toBe(401);
  });

  it("ends when the server stops, which does not wait for it", async () => {
    const own = await freshApi();
    const stream = await open("runs", {}, own);
    await stream.next("ready");
    const ended = stream.ended();
    await own.server.stop();
    await ended;
  });
});

describe("a log", () => {
  const at = { dagId: "d", runId: "r", taskId: "t", mapIndex: -1, tryNumber: 1 };
  const line = (message: string): string =>
    `${JSON.stringify({ time: "2026-01-01T00:00:00Z", level: "info", logger: "task", message })}\n`;

  it("is followed while it is written, and gone on with from the last record", async () => {
    const path = join(api.parts.config.paths.logs, attemptLogPath(at));
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, line("one"));
    const stream = await open("log:d/r/t/-1/1");
    const first = await stream.next("log");
    expect(first.data).toMatchObject({ records: [{ message: "one" }] });
    appendFileSync(path, line("two"));
    const second = await stream.next("log");
    expect(second.data).toMatchObject({ records: [{ message: "two" }] });
    stream.close();
    appendFileSync(path, line("<script>alert(1)</script>\u001b[31m"));
    const again = await open("log:d/r/t/-1/1", { "last-event-id": second.id });
    expect((await again.next("log")).data).toMatchObject({
      records: [{ message: "<script>alert(1)</script>\u001b[31m" }],
    });
  });

  it("leads to no file outside of the logs", async () => {
    const stream = await open(`log:${encodeURIComponent("../../../etc")}/r/t/-1/1`);
    await stream.ended();
    expect(stream.seen.filter(({ name }) => name === "log")).toEqual([]);
  });
});

describe("a scheduler", () => {
  it("tells a page of a run from its start to its end", async () => {
    const { url, database, store, start } = await world();
    const own = await freshApi({ database: { url, database, drop: async () => undefined } });
    await store(dagSpecOf({ a: {}, b: { after: ["a"] } }));
    const scheduler = await start();
    const stream = await open("runs:dag,tasks:dag", {}, own);
    await stream.next("ready");
    const { runId } = await runToEnd(scheduler, "dag");
    await stream.next("run", ({ state }) => state === "success");
    const tasksSaid = (): string[] =>
      stream.seen
        .flatMap(({ name, data }) =>
          name === "tasks" ? ((data as { tasks: { task_id: string; state: string }[] }).tasks ?? []) : [],
        )
        .map(({ task_id, state }) => `${task_id} ${state}`);
    if (!tasksSaid().includes("b success"))
      await stream.next("tasks", ({ tasks }) => JSON.stringify(tasks).includes('"b"'));
    expect(tasksSaid()).toEqual(expect.arrayContaining(["a success", "b success"]));
    expect(stream.seen.filter(({ name }) => name === "run").at(-1)?.data).toEqual({
      dag_id: "dag",
      run_id: runId,
      state: "success",
    });
  });
});

describe("payloads", () => {
  it("each fit into a notification, and say everything or that there is more", () => {
    const id = fc.string({ unit: "grapheme", maxLength: 250 });
    const task = fc.tuple(id, fc.integer({ min: -1, max: 9999 }), fc.constant("running" as const), fc.nat(9));
    const changes = fc.record({
      dagId: id,
      runId: id,
      state: fc.constantFrom("running" as const, "success" as const),
      tasks: fc.array(task, { maxLength: 60 }),
    });
    fc.assert(
      fc.property(fc.array(changes, { maxLength: 20 }), (all) => {
        const payloads = payloadsOf(all);
        for (const payload of payloads) expect(Buffer.byteLength(payload)).toBeLessThan(8000);
        const back = payloads.flatMap(readChanges);
        expect(back.length).toBe(all.length);
        for (const [n, one] of back.entries())
          expect(one.tasks === "many" ? { ...one, tasks: all[n]?.tasks } : one).toEqual(all[n]);
      }),
    );
  });
});
