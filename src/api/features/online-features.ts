/** One look-up of features of several views for a list of entities, in the shape of Feast's server. */
import { TradewindError } from "../../errors.ts";
import type { Cell } from "../../ml/data/table.ts";
import type { FeatureStatus, FeatureStore, OnlineFeature } from "../../ml/features/feature-store.ts";
import type { FeatureView } from "../../ml/features/feature-view.ts";

export interface OnlineLookup {
  readonly features: readonly string[];
  readonly entities: { readonly [key: string]: readonly Cell[] };
  readonly full_feature_names: boolean;
}

interface AnsweredFeature {
  readonly name: string;
  readonly values: Cell[];
  readonly statuses: FeatureStatus[];
  readonly event_timestamps: (string | null)[];
}

interface Wanted {
  readonly view: string;
  readonly version: number | undefined;
  /** Null: all of them. */
  readonly feature: string | null;
}

function wantedOf(text: string): Wanted {
  const match = /^([^:@]+)(?:@v?(\d+))?(?::(.+))?$/s.exec(text);
  const [, view, version, feature] = match ?? [];
  if (view === undefined)
    throw new TradewindError("TW_FEATURE", `expected view:feature, got ${JSON.stringify(text)}`);
  return { view, version: version === undefined ? undefined : Number(version), feature: feature ?? null };
}

function entitiesOf(columns: OnlineLookup["entities"]): Record<string, Cell>[] {
  const [first, ...others] = Object.entries(columns);
  if (first === undefined) throw new TradewindError("TW_FEATURE", "entities: expected a join key, got none");
  const [name, values] = first;
  for (const [other, list] of others)
    if (list.length !== values.length)
      throw new TradewindError(
        "TW_FEATURE",
        `entities: expected ${values.length} values of ${other} as of ${name}, got ${list.length}`,
      );
  return values.map((_, row) =>
    Object.fromEntries(Object.entries(columns).map(([key, list]) => [key, list[row] ?? null])),
  );
}

/** @throws TradewindError TW_FEATURE for a view or a feature that is not there. */
export async function lookUpFeatures(store: FeatureStore, lookup: OnlineLookup) {
  const entities = entitiesOf(lookup.entities);
  const answered: AnsweredFeature[] = [];
  for (const [key, group] of Map.groupBy(
    lookup.features.map(wantedOf),
    ({ view, version }) => `${view}@${version}`,
  )) {
    const [{ view: name, version }] = group as [Wanted];
    const view = await store.view(name, version);
    const rows = await store.onlineFeatures(view, entities);
    for (const feature of namesOf(view, group, key))
      answered.push(columnOf(lookup.full_feature_names ? `${name}__${feature}` : feature, feature, rows));
  }
  const keys = Object.entries(lookup.entities).map(
    ([name, values]): AnsweredFeature => ({
      name,
      values: [...values],
      statuses: values.map(() => "PRESENT"),
      event_timestamps: values.map(() => null),
    }),
  );
  const all = [...keys, ...answered];
  return {
    metadata: { feature_names: all.map(({ name }) => name) },
    results: all.map(({ values, statuses, event_timestamps }) => ({ values, statuses, event_timestamps })),
  };
}

function namesOf(view: FeatureView, wanted: readonly Wanted[], key: string): string[] {
  const known = Object.keys(view.features);
  if (wanted.some(({ feature }) => feature === null)) return known;
  const names = wanted.map(({ feature }) => feature ?? "");
  const unknown = names.find((name) => !Object.hasOwn(view.features, name));
  if (unknown === undefined) return [...new Set(names)];
  throw new TradewindError(
    "TW_FEATURE",
    `feature view ${key.split("@")[0]}: expected one of its features (${known.join(", ")}), got ${unknown}`,
  );
}

function columnOf(
  name: string,
  feature: string,
  rows: readonly Record<string, OnlineFeature>[],
): AnsweredFeature {
  const found = rows.map((row) => row[feature]) as OnlineFeature[];
  return {
    name,
    values: found.map(({ value }) => value),
    statuses: found.map(({ status }) => status),
    event_timestamps: found.map(({ eventTimestamp }) => eventTimestamp),
  };
}
