import { describe, expect, it } from "vitest";
import { FeatureStore, type FeatureView, historicalFeatures, Table } from "../../src/ml/index.ts";
import { findFeatureView } from "../../src/store/features.ts";
import { freshDatabase } from "../support/database.ts";
import { heldClock } from "./studies/storage-conformance.ts";

const view: FeatureView = {
  name: "driver",
  joinKeys: ["driver"],
  features: { trips: "number", city: "text" },
  eventTime: "event",
  createdTime: "created",
  ttl: 3600,
};
const data = Table.from({
  driver: [1, 1, 1, 2, 2],
  event: [
    "2026-01-01 10:00:00",
    "2026-01-01 11:00:00",
    "2026-01-01 12:00:00",
    "2026-01-01T12:00:00+02:00",
    "2026-01-01 10:00:00",
  ],
  created: [
    "2026-01-01 10:05:00",
    "2026-01-01 11:05:00",
    "2026-01-01 12:05:00",
    "2026-01-01 10:01:00",
    "2026-01-01 10:30:00",
  ],
  trips: [10, 11, 12, 20, 21],
  city: ["a", "b", "c", "x", "y"],
});
const asked = (driver: number[], event_timestamp: string[]) => Table.from({ driver, event_timestamp });
const trips = (table: Table): number[] => Array.from(table.numbers("trips"));

describe("a point-in-time join", () => {
  it("takes the newest value up to the row's time, never a later one, and keeps every row", () => {
    const times = [
      "2026-01-01 11:00:00",
      "2026-01-01 10:59:59",
      "2026-01-01 09:00:00",
      "2026-01-01 11:30:00",
    ];
    const joined = historicalFeatures(asked([1, 1, 1, 9], times), [{ view, data }]);
    expect(trips(joined)).toEqual([11, 10, Number.NaN, Number.NaN]);
    expect(joined.texts("city")).toEqual(["b", "a", null, null]);
    expect(joined.rows).toBe(4);
  });

  it("holds a value to the end of its age, that moment included", () => {
    const times = ["2026-01-01 13:00:00", "2026-01-01 13:00:01"];
    expect(trips(historicalFeatures(asked([1, 1], times), [{ view, data }]))).toEqual([12, Number.NaN]);
    const forever = { ...view, ttl: 0 };
    expect(trips(historicalFeatures(asked([1], ["2030-01-01"]), [{ view: forever, data }]))).toEqual([12]);
  });

  it("of two values at one moment, in whichever time zone, takes the one written last", () => {
    const at = asked([2], ["2026-01-01T10:15:00Z"]);
    expect(trips(historicalFeatures(at, [{ view, data }]))).toEqual([21]);
    expect(trips(historicalFeatures(at, [{ view, data }], { filterByCreatedTimestamp: true }))).toEqual([20]);
  });

  it("joins views of different ages, with names of their own where they must", () => {
    const other = { ...view, name: "slow", ttl: 0 };
    const both = [
      { view, data },
      { view: other, data },
    ];
    const rows = asked([1], ["2026-01-02"]);
    expect(() => historicalFeatures(rows, both)).toThrow('two columns are named "trips"');
    const joined = historicalFeatures(rows, both, { fullFeatureNames: true });
    expect([joined.value("driver__trips", 0), joined.value("slow__trips", 0)]).toEqual([null, 12]);
  });

  it("has a missing feature as null and refuses one of another type", () => {
    const joined = historicalFeatures(asked([1], ["2026-01-01 10:00:00"]), [
      { view, data: data.without(["city"]) },
    ]);
    expect(joined.texts("city")).toEqual([null]);
    const wrong = data.with({ trips: ["a", "b", "c", "d", "e"] });
    expect(() => historicalFeatures(asked([1], ["2026-01-01"]), [{ view, data: wrong }])).toThrow(
      "expected trips to be of number, got text",
    );
    expect(() => historicalFeatures(asked([1], ["soon"]), [{ view, data }])).toThrow(
      'expected a time, got "soon"',
    );
  });
});

describe("features online", () => {
  const setUp = async () => {
    const { database } = await freshDatabase();
    const clock = heldClock();
    clock.advance(12.5 * 3_600_000);
    const store = new FeatureStore(database, clock);
    await store.apply(view);
    return { store, clock };
  };

  it("are the newest of the history, incrementally and again without effect", async () => {
    const { store } = await setUp();
    expect(await store.materialize(view, data, { end: new Date("2026-01-01T11:30:00Z") })).toBe(2);
    const [one] = await store.onlineFeatures(view, [{ driver: 1 }]);
    expect(one["city"]).toMatchObject({ status: "OUTSIDE_MAX_AGE" });
    expect(await store.materialize(view, data)).toBe(1);
    expect(await store.materialize(view, data)).toBe(0);
    const [first, second, third] = await store.onlineFeatures(view, [
      { driver: 1 },
      { driver: 2 },
      { driver: 3 },
    ]);
    expect(first["trips"]).toEqual({
      value: 12,
      status: "PRESENT",
      eventTimestamp: "2026-01-01T12:00:00.000Z",
    });
    expect(second["trips"]).toMatchObject({ value: null, status: "OUTSIDE_MAX_AGE" });
    expect(third["trips"]).toEqual({ value: null, status: "NOT_FOUND", eventTimestamp: null });
  });

  it("are pushed, and a value that comes late does not replace a newer one", async () => {
    const { store, clock } = await setUp();
    const row = (event: string, trips: number) =>
      Table.from({ driver: [7], event: [event], created: [event], trips: [trips], city: ["q"] });
    await store.push(view, row("2026-01-01 12:20:00", 5));
    expect(await store.push(view, row("2026-01-01 12:10:00", 4))).toBe(0);
    const read = async () => (await store.onlineFeatures(view, [{ driver: 7 }]))[0]["trips"];
    expect(await read()).toMatchObject({ value: 5, status: "PRESENT" });
    clock.advance(3_600_000);
    expect(await read()).toMatchObject({ value: null, status: "OUTSIDE_MAX_AGE" });
    await store.push(view, row("2026-01-01 13:20:00", Number.NaN));
    expect(await read()).toMatchObject({ value: null, status: "NULL_VALUE" });
  });

  it("keep the order in which they were named", async () => {
    const { database } = await freshDatabase();
    const store = new FeatureStore(database);
    await store.apply({ ...view, features: { trips_per_day: "number", age: "number", city: "text" } });
    const row = await findFeatureView(database, view.name);
    expect(Object.keys(row?.spec["features"] as object)).toEqual(["trips_per_day", "age", "city"]);
  });

  it("may gain features in a version, and change in another", async () => {
    const { store } = await setUp();
    await store.apply({ ...view, features: { ...view.features, rating: "number" } });
    expect((await store.view("driver")).features).toHaveProperty("rating", "number");
    await expect(store.apply({ ...view, features: { trips: "text", city: "text" } })).rejects.toThrow(
      "expected trips to stay of number",
    );
    const second = { ...view, version: 2, features: { trips: "text" } } as const;
    await store.apply(second);
    expect((await store.view("driver")).version).toBe(2);
    await expect(store.view("nobody")).rejects.toMatchObject({ code: "TW_FEATURE" });
    await expect(store.onlineFeatures(view, [{ rider: 1 }])).rejects.toThrow(
      "expected the join key driver, got rider",
    );
  });
});
