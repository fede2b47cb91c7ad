/** What goes over the wire about features. Requests and answers of the online look-up are those of Feast's server. */
import { z } from "zod";
import type { FeatureView } from "../../ml/features/feature-view.ts";
import type { FeatureViewRow } from "../../store/features.ts";

const name = z.string().min(1).max(250);
const Version = z.int().min(1).max(2_147_483_647);
const FeatureType = z.enum(["number", "text", "boolean"]);

export const NewFeatureView = z
  .strictObject({
    name: name.regex(/^[^:@]+$/, "expected a name without : and @"),
    version: Version.default(1),
    join_keys: z.array(name).min(1).max(20),
    features: z.record(name, FeatureType),
    event_time: name,
    created_time: name.nullable().default(null),
    ttl: z.number().min(0).default(0),
    entity: name.nullable().default(null),
    source: z.string().max(2000).nullable().default(null),
    description: z.string().max(10_000).default(""),
    owner: z.string().max(250).default(""),
  })
  .meta({ id: "NewFeatureView" });

export function viewOf(body: z.output<typeof NewFeatureView>): FeatureView {
  const { created_time: createdTime, entity, source } = body;
  return {
    name: body.name,
    version: body.version,
    joinKeys: body.join_keys,
    features: body.features,
    eventTime: body.event_time,
    ttl: body.ttl,
    description: body.description,
    owner: body.owner,
    ...(createdTime === null ? {} : { createdTime }),
    ...(entity === null ? {} : { entity }),
    ...(source === null ? {} : { source }),
  };
}

export const FeatureViewOut = z
  .object({
    name: z.string(),
    version: z.number(),
    /** The join keys, where the view names no entity. */
    entity: z.string(),
    join_keys: z.array(z.string()),
    features: z.record(z.string(), FeatureType),
    event_time: z.string(),
    created_time: z.string().nullable(),
    /** Seconds for which a value holds; 0 is for ever. */
    ttl: z.number(),
    source: z.string().nullable(),
    description: z.string(),
    owner: z.string(),
    materialized_until: z.string().nullable(),
    created_at: z.string(),
  })
  .meta({ id: "FeatureView" });

export const FeatureViewState = FeatureViewOut.extend({
  /** Entities that have values online. */
  online_rows: z.number(),
  /** Event time of the newest value online. */
  newest_event: z.string().nullable(),
  oldest_event: z.string().nullable(),
}).meta({ id: "FeatureViewState" });

const iso = (ms: number | null): string | null => (ms === null ? null : new Date(ms).toISOString());

export function viewOut({
  spec,
  materializedUntil,
  createdAt,
}: FeatureViewRow): z.input<typeof FeatureViewOut> {
  const view = spec as unknown as FeatureView;
  return {
    name: view.name,
    version: view.version ?? 1,
    entity: view.entity ?? view.joinKeys.join(", "),
    join_keys: [...view.joinKeys],
    features: { ...view.features },
    event_time: view.eventTime,
    created_time: view.createdTime ?? null,
    ttl: view.ttl ?? 0,
    source: view.source ?? null,
    description: view.description ?? "",
    owner: view.owner ?? "",
    materialized_until: iso(materializedUntil),
    created_at: new Date(createdAt).toISOString(),
  };
}

export const Cell = z.union([z.number(), z.string(), z.boolean(), z.null()]);
const Columns = z.record(name, z.array(Cell).max(100_000));

export const Frame = z
  .strictObject({ version: Version.optional(), df: Columns })
  .meta({ id: "FeatureFrame" });
export const Materialize = z
  .strictObject({
    version: Version.optional(),
    df: Columns,
    start: z.iso.datetime({ offset: true }).optional(),
    end: z.iso.datetime({ offset: true }).optional(),
  })
  .meta({ id: "MaterializeFeatures" });
export const Written = z.object({ written: z.number() });

export const OnlineRequest = z
  .strictObject({
    /** `view:feature`, or `view@v2:feature` for a version; `view` alone for all of its features. */
    features: z.array(z.string().min(1).max(600)).min(1).max(1000),
    entities: z.record(name, z.array(Cell).min(1).max(1000)),
    full_feature_names: z.boolean().default(false),
  })
  .meta({ id: "GetOnlineFeaturesRequest" });

export const OnlineAnswer = z
  .object({
    metadata: z.object({ feature_names: z.array(z.string()) }),
    results: z.array(
      z.object({
        values: z.array(Cell),
        statuses: z.array(z.enum(["PRESENT", "NULL_VALUE", "NOT_FOUND", "OUTSIDE_MAX_AGE"])),
        event_timestamps: z.array(z.string().nullable()),
      }),
    ),
  })
  .meta({ id: "GetOnlineFeaturesResponse" });
