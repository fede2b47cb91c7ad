import { describe, expect, it } from "vitest";
import type { Json } from "../../src/core/dag-model.ts";
import { putConnection } from "../../src/store/connections.ts";
import { sql } from "../../src/store/sql.ts";
import { setVariable } from "../../src/store/variables.ts";
import { dagSpecOf } from "../core/support/build-dag.ts";
import { type Ask, ScriptedExecutor, success } from "../support/scripted-executor.ts";
import { runToEnd, world } from "./support.ts";

/** A Dag of one task "a" whose handler is the given questions; resolves with what it returned. */
async function asking(questions: (ask: Ask) => Promise<Json>, environment: Record<string, string> = {}) {
  const here = await world();
  await here.store(dagSpecOf({ a: {} }));
  await here.store(dagSpecOf({ t: {} }, { dagId: "other" }));
  let answer: Json = null;
  const executor = new ScriptedExecutor(async ({ task }, ask) => {
    if (task.dagId === "dag") answer = await questions(ask);
    return success();
  });
  const scheduler = await here.start(executor, { environment });
  return {
    here,
    scheduler,
    executor,
    answer: async () => ((await runToEnd(scheduler, "dag")).state === "success" ? answer : "failed"),
  };
}

describe("what a running task asks", () => {
  it("values: its own, written under its attempt and read back, single elements of lists too", async () => {
    const { answer, here } = await asking(async (ask) => {
      await ask({ method: "xcom.set", params: { key: "list", value: { json: ["x", "y", "z"] } } });
      const whole = await ask({ method: "xcom.get", params: { taskIds: ["a"], key: "list" } });
      const item = await ask({ method: "xcom.get", params: { taskIds: ["a"], key: "list", item: 1 } });
      await ask({ method: "xcom.delete", params: { key: "list" } });
      const gone = await ask({ method: "xcom.get", params: { taskIds: ["a"], key: "list" } });
      return { whole, item, gone };
    });
    expect(await answer()).toEqual({
      whole: [{ taskId: "a", mapIndex: -1, value: { json: ["x", "y", "z"] } }],
      item: [{ taskId: "a", mapIndex: -1, value: { json: "y" }, item: true }],
      gone: [],
    });
    expect(await here.database.rows(sql`SELECT key FROM xcom`)).toEqual([]);
  });

  it("variables: the environment before the database; what is not there is null", async () => {
    const { answer, here } = await asking(
      async (ask) => {
        const get = (key: string) => ask({ method: "variable.get", params: { key } });
        await ask({ method: "variable.set", params: { key: "made", value: "by the task" } });
        const found = [await get("kept"), await get("outside"), await get("made"), await get("nowhere")];
        await ask({ method: "variable.delete", params: { key: "made" } });
        await ask({ method: "variable.delete", params: { key: "made" } });
        return [...found, await get("made")];
      },
      { AIRFLOW_VAR_OUTSIDE: "environment" },
    );
    await setVariable(here.database, here.secrets, { key: "kept", value: "database", description: null });
    expect(await answer()).toEqual(["database", "environment", "by the task", null, null]);
  });

  it("connections, with their secrets", async () => {
    const { answer, here } = await asking((ask) =>
      ask({ method: "connection.get", params: { connId: "db" } }),
    );
    await putConnection(here.database, here.secrets, {
      connId: "db",
      connType: "postgres",
      description: null,
      host: "h",
      login: "u",
      password: "pw",
      schema: "s",
      port: 5432,
      extra: '{"a":1}',
    });
    expect(await answer()).toMatchObject({
      connId: "db",
      host: "h",
      password: "pw",
      port: 5432,
      extra: '{"a":1}',
    });
  });

  it("other runs: started, found again by id, listed with the states of their tasks", async () => {
    const { answer, scheduler } = await asking(async (ask) => {
      const trigger = { dagId: "other", runId: "mine", conf: { a: 1 } };
      const ended = scheduler.signals.next("run success");
      const made = await ask({ method: "dag-run.trigger", params: trigger });
      await ended;
      const again = await ask({ method: "dag-run.trigger", params: trigger });
      const run = (await ask({ method: "dag-run.get", params: { dagId: "other", runId: "mine" } })) as {
        state: string;
      };
      const missing = await ask({ method: "dag-run.get", params: { dagId: "other", runId: "none" } });
      const list = (await ask({ method: "dag-run.list", params: { dagId: "other" } })) as Json[];
      const states = await ask({ method: "task-instance.states", params: { dagId: "other" } });
      const dag = await ask({ method: "dag.get", params: { dagId: "other" } });
      return { made, again, state: run.state, missing, count: list.length, states, dag };
    });
    expect(await answer()).toEqual({
      made: { runId: "mine", created: true },
      again: { runId: "mine", created: false },
      state: "success",
      missing: null,
      count: 1,
      states: { mine: { t: "success" } },
      dag: { dagId: "other", isPaused: false },
    });
  });

  it("keeps rendered fields and the label of a mapped instance", async () => {
    const { answer, here } = await asking((ask) =>
      ask({
        method: "rendered-fields.set",
        params: { fields: { command: "echo 1" }, mapIndexLabel: "first" },
      }),
    );
    await answer();
    expect(await here.database.rows(sql`SELECT fields FROM rendered_task_instance_fields`)).toEqual([
      { fields: { command: "echo 1" } },
    ]);
    expect(
      await here.database.rows(sql`SELECT rendered_map_index FROM task_instance WHERE task_id = 'a'`),
    ).toEqual([{ rendered_map_index: "first" }]);
  });

  it("is refused to an attempt that is over", async () => {
    const { answer, executor } = await asking(() => Promise.resolve(null));
    await answer();
    const [begun] = executor.begun;
    await expect(
      executor.ask(begun?.attemptId ?? "", {
        method: "xcom.set",
        params: { key: "late", value: { json: 1 } },
      }),
    ).rejects.toMatchObject({ code: "TW_XCOM_INSTANCE" });
  });
});
