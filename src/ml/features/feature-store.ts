/**
 * Feature views and their online values in PostgreSQL: registered by version, brought online incrementally, pushed, and looked
 * up by key. A value's age is kept and checked online as well, so that serving sees what training would.
 */
import type { Json } from "../../core/dag-model.ts";
import { TradewindError } from "../../errors.ts";
import type { Database } from "../../store/connect.ts";
import {
  findFeatureView,
  insertFeatureView,
  type OnlineRow,
  readOnlineFeatures,
  setMaterializedUntil,
  updateFeatureView,
  upsertOnlineFeatures,
} from "../../store/features.ts";
import { type Clock, systemClock } from "../../time.ts";
import type { Cell, Table } from "../data/table.ts";
import { recordLineage } from "../lineage/record.ts";
import { checkView, entityKey, type FeatureRow, type FeatureView, rowsOfView } from "./feature-view.ts";

export type FeatureStatus = "PRESENT" | "NULL_VALUE" | "NOT_FOUND" | "OUTSIDE_MAX_AGE";

export interface OnlineFeature {
  value: Cell;
  status: FeatureStatus;
  /** When the value became true; null when there is none. */
  eventTimestamp: string | null;
}

/** How many rows go into one statement. */
const batchSize = 5000;

export class FeatureStore {
  readonly #database: Database;
  readonly #clock: Clock;

  /** The caller closes the database. */
  constructor(database: Database, clock: Clock = systemClock) {
    this.#database = database;
    this.#clock = clock;
  }

  /**
   * Registers a view. The same version may get more features; a feature that changes its type or goes, other keys or times
   * need a new version (`TW_FEATURE`).
   */
  async apply(view: FeatureView): Promise<void> {
    const checked = checkView(view);
    const { name, version } = checked;
    if (
      await insertFeatureView(
        this.#database,
        { name, version, spec: checked as unknown as Json },
        this.#clock.now(),
      )
    )
      return;
    const known = (await this.view(name, version)) as FeatureView;
    for (const [feature, type] of Object.entries(known.features))
      if (view.features[feature] !== type)
        throw new TradewindError(
          "TW_FEATURE",
          `feature view "${name}", version ${version}: expected ${feature} to stay of ${type}, got ${view.features[feature] ?? "none"}`,
          {
            hint: "Give the view a new version.",
          },
        );
    if (JSON.stringify(known.joinKeys) !== JSON.stringify(view.joinKeys))
      throw new TradewindError(
        "TW_FEATURE",
        `feature view "${name}", version ${version}: its join keys cannot change`,
      );
    await updateFeatureView(this.#database, name, version, checked as unknown as Json);
  }

  /** TW_FEATURE when there is none; without a version the newest. */
  async view(name: string, version?: number): Promise<FeatureView> {
    const row = await findFeatureView(this.#database, name, version);
    if (row !== null) return row.spec as unknown as FeatureView;
    throw new TradewindError(
      "TW_FEATURE",
      `there is no feature view ${JSON.stringify(name)}${version === undefined ? "" : ` of version ${version}`}`,
    );
  }

  /**
   * Brings the newest value of each entity online: of events from where the last call ended (or `start`) up to `end`. Done again
   * it changes nothing; a value that is older than the one online stays out. Returns how many entities it wrote.
   */
  async materialize(
    view: FeatureView,
    data: Table,
    range: { start?: Date; end?: Date } = {},
  ): Promise<number> {
    const { name, version } = checkView(view);
    const row = await findFeatureView(this.#database, name, version);
    if (row === null)
      throw new TradewindError(
        "TW_FEATURE",
        `expected feature view "${name}" to be applied before, got none`,
      );
    const start = range.start?.getTime() ?? row.materializedUntil ?? Number.NEGATIVE_INFINITY;
    const end = range.end?.getTime() ?? this.#clock.now();
    const rows = rowsOfView(view, data).filter(({ eventAt }) => eventAt >= start && eventAt <= end);
    const written = await this.#write(name, version, rows);
    await setMaterializedUntil(this.#database, name, version, end);
    recordLineage({ outputs: [{ kind: "feature_view", name, version }] });
    return written;
  }

  /** Values as they come, online at once. */
  push(view: FeatureView, data: Table): Promise<number> {
    const { name, version } = checkView(view);
    recordLineage({ outputs: [{ kind: "feature_view", name, version }] });
    return this.#write(name, version, rowsOfView(view, data));
  }

  /** One answer per entity, in order: each feature with its status. */
  async onlineFeatures(
    view: FeatureView,
    entities: readonly Readonly<Record<string, Cell>>[],
  ): Promise<Record<string, OnlineFeature>[]> {
    const { name, version, joinKeys, features, ttl } = checkView(view);
    recordLineage({ inputs: [{ kind: "feature_view", name, version }] });
    const keys = entities.map((entity) => entityKey(joinKeys.map((key) => keyPart(entity, key, name))));
    const found = await readOnlineFeatures(this.#database, name, version, keys);
    const byKey = new Map(found.map((row) => [row.key, row]));
    const oldest = ttl > 0 ? this.#clock.now() - ttl * 1000 : Number.NEGATIVE_INFINITY;
    return keys.map((key) =>
      Object.fromEntries(
        Object.keys(features).map((feature) => [feature, answerOf(byKey.get(key), feature, oldest)]),
      ),
    );
  }

  async #write(name: string, version: number, rows: readonly FeatureRow[]): Promise<number> {
    const newest = new Map<string, FeatureRow>();
    for (const row of rows) {
      const other = newest.get(row.key);
      const later =
        other === undefined ||
        row.eventAt > other.eventAt ||
        (row.eventAt === other.eventAt && row.createdAt >= other.createdAt);
      if (later) newest.set(row.key, row);
    }
    const list = [...newest.values()] as OnlineRow[];
    let written = 0;
    for (let at = 0; at < list.length; at += batchSize)
      written += await upsertOnlineFeatures(this.#database, name, version, list.slice(at, at + batchSize));
    return written;
  }
}

function keyPart(entity: Readonly<Record<string, Cell>>, key: string, view: string): Cell {
  if (Object.hasOwn(entity, key)) return entity[key] ?? null;
  throw new TradewindError(
    "TW_FEATURE",
    `feature view "${view}": expected the join key ${key}, got ${Object.keys(entity).join(", ")}`,
  );
}

function answerOf(row: OnlineRow | undefined, feature: string, oldest: number): OnlineFeature {
  if (row === undefined) return { value: null, status: "NOT_FOUND", eventTimestamp: null };
  const eventTimestamp = new Date(row.eventAt).toISOString();
  const value = (row.values[feature] ?? null) as Cell;
  if (row.eventAt < oldest) return { value: null, status: "OUTSIDE_MAX_AGE", eventTimestamp };
  return { value, status: value === null ? "NULL_VALUE" : "PRESENT", eventTimestamp };
}
