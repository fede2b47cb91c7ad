/** Lists over all runs: what they find, in which order, and that they go on where they stopped. */
import { expect, it } from "vitest";
import type { InstanceLook, XComLook } from "../../src/api/ui/look-contract.ts";
import { setXCom } from "../../src/store/xcoms.ts";
import { addDag, addInstance, addRun, day, noon, task } from "../store/rows.ts";
import { freshApi, type TestApi } from "../support/api.ts";

/** Two Dags with a run a day; the second task of each run failed. */
async function history(api: TestApi, days = 40): Promise<void> {
  for (const dagId of ["churn", "sales"]) {
    const { versionId } = await addDag(api.database, dagId, { tasks: [task("load"), task("train")] });
    for (let at = 0; at < days; at++) {
      const run = await addRun(api.database, dagId, `r${at}`, {
        state: "failed",
        at: noon + at * day + (dagId === "sales" ? 1 : 0),
        versionId,
      });
      await addInstance(api.database, run.id, "load", { state: "success" });
      await addInstance(api.database, run.id, "train", { state: "failed", pool: "gpu" });
    }
  }
}

async function all(api: TestApi, query: string): Promise<{ names: string[]; answers: number }> {
  const names: string[] = [];
  let after = "";
  for (let answers = 1; ; answers++) {
    const { body } = await api.get<InstanceLook>(`/ui/task-instances?${query}${after}`);
    names.push(...body.rows.map(({ dagId, runId, taskId }) => `${dagId} ${runId} ${taskId}`));
    if (body.next === null) return { names, answers };
    after = `&after=${body.next}`;
  }
}

it("lists the instances of all Dags, those of the newest run first, and each once", async () => {
  const api = await freshApi();
  await history(api, 3);
  const expected = [2, 1, 0].flatMap((at) =>
    ["sales", "churn"].flatMap((dagId) => ["load", "train"].map((name) => `${dagId} r${at} ${name}`)),
  );
  expect((await all(api, "")).names).toEqual(expected);
  // Page by page, also from the middle of a run.
  const paged = await all(api, "limit=1");
  expect(paged.names).toEqual(expected);
  expect(paged.answers).toBeGreaterThanOrEqual(expected.length);
});

it("filters by state, Dag, run, task, operator, pool and date", async () => {
  const api = await freshApi();
  await history(api, 3);
  const count = async (query: string): Promise<number> => (await all(api, query)).names.length;
  expect(await count("state=failed")).toBe(6);
  expect(await count("state=failed&state=success")).toBe(12);
  expect(await count("state=running")).toBe(0);
  expect(await count("dag=CHU")).toBe(6);
  expect(await count("dag=churn&run=r1")).toBe(2);
  expect(await count("task=loa")).toBe(6);
  expect(await count("operator=%40task")).toBe(12);
  expect(await count("operator=Bash")).toBe(0);
  expect(await count("pool=gpu")).toBe(6);
  expect(await count(`from=${noon + day}&to=${noon + day}`)).toBe(2);
  // Wildcards of SQL are letters here.
  expect(await count("dag=%25")).toBe(0);
  expect(await count("task=l_ad")).toBe(0);
});

it("answers when it is due, with where to go on, and finds everything in the end", async () => {
  let now = noon;
  // Each look at the clock is a second later: every answer is due after its first window.
  const api = await freshApi({
    parts: { clock: { now: () => (now += 1000), after: () => ({ cancel: () => undefined }) } },
  });
  await history(api);
  const { body } = await api.get<InstanceLook>("/ui/task-instances?task=nothing");
  expect(body.rows).toEqual([]);
  expect(body.lookedBackTo).toBe(noon + 32 * day);
  expect(body.next).not.toBeNull();
  const found = await all(api, "state=failed&dag=churn&limit=200");
  expect(found.names).toHaveLength(40);
  expect(found.answers).toBeGreaterThan(1);
});

it("finds what waits in runs under way alone", async () => {
  const api = await freshApi();
  await history(api, 2);
  const run = await addRun(api.database, "churn", "now", { state: "running", at: noon - day });
  await addInstance(api.database, run.id, "load", { state: "deferred" });
  const { body } = await api.get<InstanceLook>("/ui/task-instances?state=deferred");
  expect(body.rows).toMatchObject([{ dagId: "churn", runId: "now", taskId: "load", state: "deferred" }]);
  expect(body.next).toBeNull();
});

it("lists XComs with the beginning of their values", async () => {
  const api = await freshApi();
  await history(api, 2);
  const run = await addRun(api.database, "churn", "last", { state: "success", at: noon + 9 * day });
  const at = { runPk: run.id, taskId: "load", mapIndex: -1 };
  await setXCom(api.database, { ...at, key: "rows" }, { value: { count: 3 } }, noon);
  await setXCom(api.database, { ...at, key: "text" }, { value: "x".repeat(5000) }, noon);
  const ref = { uri: "file:///a.parquet", bytes: 12, mediaType: "application/vnd.apache.parquet" };
  await setXCom(api.database, { ...at, key: "frame" }, { ref }, noon);
  const list = async (query: string) => (await api.get<XComLook>(`/ui/xcoms?${query}`)).body.rows;
  expect((await list("")).map(({ key }) => key)).toEqual(["frame", "rows", "text"]);
  expect(await list("key=row")).toMatchObject([{ dagId: "churn", taskId: "load", preview: '{"count":3}' }]);
  expect((await list("key=text"))[0]?.preview).toHaveLength(300);
  expect(await list("key=frame")).toMatchObject([{ preview: null, ref }]);
  expect(await list("task=train")).toEqual([]);
});

it.each([
  "after=nonsense",
  `after=${Buffer.from('["a",1]').toString("base64url")}`,
  `after=${Buffer.from('[1,1,"\\u0000",0,""]').toString("base64url")}`,
])("refuses a cursor that is none of its own: %s", async (query) => {
  const api = await freshApi();
  expect((await api.get(`/ui/task-instances?${query}`)).status).toBe(400);
});

it.each(["state=sleeping", "limit=0", "from=1e300", "to=tomorrow"])("refuses %s", async (query) => {
  const api = await freshApi();
  expect((await api.get(`/ui/task-instances?${query}`)).status).toBe(422);
});
