/** Feature views over HTTP: registered, brought online, looked up in the shape of Feast's server. */
import { expect, it } from "vitest";
import { freshApi, type TestApi } from "../support/api.ts";

const driver = {
  name: "driver",
  join_keys: ["driver"],
  entity: "driver",
  features: { trips: "number", city: "text" },
  event_time: "event",
  created_time: "created",
  ttl: 86_400,
  source: "s3://lake/drivers",
};
const hour = 3_600_000;
const iso = (ago: number): string => new Date(Date.now() - ago).toISOString();
const frame = (drivers: (number | string)[], trips: (number | null)[], ago = hour) => ({
  df: {
    driver: drivers,
    trips,
    city: drivers.map(() => "Lyon"),
    event: drivers.map(() => iso(ago)),
    created: drivers.map(() => iso(ago)),
  },
});
const apply = (api: TestApi, more: object = {}) =>
  api.call("PUT", "/api/features/views", { body: { ...driver, ...more } });
const write = (api: TestApi, how: "push" | "materialize", body: object) =>
  api.call<{ written: number }>("POST", `/api/features/views/driver/${how}`, { body });
const lookUp = (api: TestApi, body: object) => api.call("POST", "/api/features/online-features", { body });

it("registers a view, brings values online, and answers them with their status", async () => {
  const api = await freshApi();
  expect(await apply(api)).toMatchObject({ status: 200, body: { name: "driver", version: 1, ttl: 86_400 } });
  expect((await write(api, "materialize", frame([7, 8], [12, null]))).body).toEqual({ written: 2 });
  expect((await write(api, "push", frame([9], [3], 48 * hour))).body).toEqual({ written: 1 });
  const asked = { features: ["driver:trips"], entities: { driver: [7, 8, 9, 10] } };
  expect(await lookUp(api, asked)).toMatchObject({
    status: 200,
    body: {
      metadata: { feature_names: ["driver", "trips"] },
      results: [
        { values: [7, 8, 9, 10] },
        {
          values: [12, null, null, null],
          statuses: ["PRESENT", "NULL_VALUE", "OUTSIDE_MAX_AGE", "NOT_FOUND"],
          event_timestamps: [expect.any(String), expect.any(String), expect.any(String), null],
        },
      ],
    },
  });
  expect(await api.get("/api/features/views/driver", { as: "Viewer" })).toMatchObject({
    body: {
      versions: [
        {
          version: 1,
          source: "s3://lake/drivers",
          online_rows: 3,
          newest_event: expect.any(String),
          materialized_until: expect.any(String),
        },
      ],
    },
  });
});

it("keeps versions apart, and looks up the newest unless another is named", async () => {
  const api = await freshApi();
  await apply(api);
  await apply(api, { version: 2, features: { trips: "number" } });
  await write(api, "push", { ...frame([7], [1]), version: 1 });
  await write(api, "push", { ...frame([7], [2]), version: 2 });
  const values = async (feature: string) =>
    (await lookUp(api, {
      features: [feature],
      entities: { driver: [7] },
      full_feature_names: true,
    })) as unknown as {
      body: { metadata: { feature_names: string[] }; results: { values: unknown[] }[] };
    };
  expect((await values("driver:trips")).body.results[1]?.values).toEqual([2]);
  const old = await values("driver@v1");
  expect(old.body.metadata.feature_names).toEqual(["driver", "driver__trips", "driver__city"]);
  expect(old.body.results[1]?.values).toEqual([1]);
  const { body } = await api.get<{ total_entries: number }>("/api/features/views");
  expect(body.total_entries).toBe(2);
});

it.each([
  [{ features: ["driver:nothing"], entities: { driver: [7] } }, "trips, city"],
  [{ features: ["nobody:trips"], entities: { driver: [7] } }, "nobody"],
  [{ features: ["driver:trips"], entities: { rider: [7] } }, "join key driver"],
  [{ features: ["driver:trips"], entities: {} }, "join key"],
  [{ features: ["driver:trips"], entities: { driver: [7], other: [1, 2] } }, "expected 1 values of other"],
])("refuses the look-up %j", async (body, words) => {
  const api = await freshApi();
  await apply(api);
  const answer = await lookUp(api, body);
  expect(answer.status).toBeGreaterThanOrEqual(400);
  expect(answer.status).toBeLessThan(500);
  expect(JSON.stringify(answer.body)).toContain(words);
});

it("refuses a feature of another type in one version, columns of two types, and views that are not there", async () => {
  const api = await freshApi();
  await apply(api);
  expect((await apply(api, { features: { trips: "text", city: "text" } })).status).toBe(422);
  expect((await write(api, "push", { df: { driver: [7, "8"], event: [iso(0), iso(0)] } })).status).toBe(422);
  expect((await api.get("/api/features/views/nothing")).status).toBe(404);
  expect((await api.call("PUT", "/api/features/views", { as: "Viewer", body: driver })).status).toBe(403);
});
