import { afterAll, beforeAll, expect, it } from "vitest";
import { createApi, type TestApi } from "../support/api.ts";

let api: TestApi;
beforeAll(async () => {
  api = await createApi();
});
afterAll(() => api.stop());

const space = { x: { type: "float", low: -5, high: 5 }, n: { type: "int", low: 1, high: 4 } };
const make = (body: object) => api.call<Record<string, unknown>>("POST", "/api/studies", { body });

it("is made, asked and told over HTTP, and says what was best", async () => {
  expect(await make({ name: "a", space, seed: 3, n_trials: 5 })).toMatchObject({
    status: 201,
    body: { name: "a", directions: ["minimize"], sampler: { kind: "tpe" }, n_trials: 5 },
  });
  const asked = await api.call<{ trials: { number: number; params: { x: number } }[] }>(
    "POST",
    "/api/studies/a/ask",
    { body: { count: 9, worker: "w" } },
  );
  expect(asked.body.trials.map(({ number }) => number)).toEqual([0, 1, 2, 3, 4]);
  for (const { number, params } of asked.body.trials.slice(0, 3))
    await api.call("POST", `/api/studies/a/trials/${number}/tell`, { body: { value: params.x ** 2 } });
  await api.call("POST", "/api/studies/a/trials/3/tell", { body: { value: "Infinity" } });
  await api.call("POST", "/api/studies/a/trials/4/tell", { body: { state: "fail", error: "no memory" } });
  const best = await api.get<{ trials: { values: number[] }[] }>("/api/studies/a/best");
  const squares = asked.body.trials.slice(0, 3).map(({ params }) => params.x ** 2);
  expect(best.body.trials[0]?.values).toEqual([Math.min(...squares)]);
  const { body } = await api.get<{ trials: object[]; total_entries: number }>(
    "/api/studies/a/trials?state=fail",
  );
  expect(body).toMatchObject({ total_entries: 1, trials: [{ number: 4, error: "no memory", worker: "w" }] });
  const history = await api.get<{ points: object[] }>("/api/studies/a/history");
  expect(history.body.points.at(-1)).toMatchObject({ number: 3, value: "Infinity" });
  expect(await api.get("/api/studies")).toMatchObject({
    body: { studies: [{ name: "a", trials: { complete: 4, fail: 1 } }], total_entries: 1 },
  });
  for (const chart of [
    "importance",
    "slices",
    "parallel-coordinates",
    "contour?x=x&y=n",
    "intermediate-values",
  ])
    expect((await api.get(`/api/studies/a/${chart}`)).status).toBe(200);
});

it("says when a trial that reports is better ended", async () => {
  await make({ name: "p", space, pruner: { kind: "median", nStartupTrials: 1 } });
  await api.call("POST", "/api/studies/p/ask", { body: { count: 2 } });
  const report = (number: number, step: number, value: number) =>
    api.call("POST", `/api/studies/p/trials/${number}/report`, { body: { step, value } });
  expect(await report(0, 0, 1)).toMatchObject({ body: { should_prune: false } });
  await api.call("POST", "/api/studies/p/trials/0/tell", { body: { value: 1 } });
  expect(await report(1, 0, 2)).toMatchObject({ body: { should_prune: true } });
  await api.call("POST", "/api/studies/p/trials/1/tell", { body: { state: "pruned" } });
});

it("refuses what cannot be with a clear 4xx", async () => {
  await make({ name: "b", space });
  expect(await make({ name: "b", space })).toMatchObject({ status: 409 });
  expect(await make({ name: "b", space, load_if_exists: true })).toMatchObject({ status: 201 });
  expect(await make({ name: "c", space: {} })).toMatchObject({
    status: 422,
    body: { detail: expect.stringContaining("at least one parameter") },
  });
  expect(await make({ name: "c", space: { x: { type: "float", low: 1, high: 0 } } })).toMatchObject({
    status: 422,
  });
  expect(await api.call("POST", "/api/studies/nobody/ask")).toMatchObject({ status: 404 });
  expect(await api.call("POST", "/api/studies/b/trials/9/tell", { body: { value: 1 } })).toMatchObject({
    status: 404,
  });
  await api.call("POST", "/api/studies/b/ask");
  expect(await api.call("POST", "/api/studies/b/trials/0/tell", { body: {} })).toMatchObject({ status: 422 });
  expect(await api.call("POST", "/api/studies/b/trials/0/tell", { body: { values: [1, 2] } })).toMatchObject({
    status: 422,
  });
  expect(await api.get("/api/studies/b/best")).toMatchObject({ status: 404 });
  expect(await api.call("POST", "/api/studies/b/ask", { as: "Viewer" })).toMatchObject({ status: 403 });
  expect(await api.call("DELETE", "/api/studies/b")).toMatchObject({ status: 204 });
  expect(await api.call("DELETE", "/api/studies/b")).toMatchObject({ status: 404 });
});
