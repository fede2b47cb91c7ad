import { z } from "zod";
import { AnyJson, DateTime, Instant } from "./values.ts";

export const ReprocessBehavior = z.enum(["failed", "completed", "none"]).meta({ id: "ReprocessBehavior" });

export const BackfillPostBody = z
  .strictObject({
    dag_id: z.string(),
    from_date: Instant,
    to_date: Instant,
    run_backwards: z.boolean().default(false),
    dag_run_conf: z.record(z.string(), AnyJson).nullable().optional(),
    reprocess_behavior: ReprocessBehavior.default("none"),
    max_active_runs: z.int().default(10),
    run_on_latest_version: z.boolean().nullable().optional(),
  })
  .meta({ id: "BackfillPostBody" });

export const BackfillResponse = z
  .object({
    id: z.int().min(0),
    dag_id: z.string(),
    from_date: DateTime,
    to_date: DateTime,
    dag_run_conf: z.record(z.string(), AnyJson).nullable(),
    is_paused: z.boolean(),
    reprocess_behavior: ReprocessBehavior,
    max_active_runs: z.int(),
    created_at: DateTime,
    completed_at: DateTime.nullable(),
    updated_at: DateTime,
    dag_display_name: z.string(),
  })
  .meta({ id: "BackfillResponse" });

export const BackfillCollectionResponse = z
  .object({
    backfills: z.array(BackfillResponse),
    total_entries: z.int(),
  })
  .meta({ id: "BackfillCollectionResponse" });

export const DryRunBackfillResponse = z
  .object({
    logical_date: DateTime.nullable(),
    partition_key: z.string().nullable(),
    partition_date: DateTime.nullable(),
  })
  .meta({ id: "DryRunBackfillResponse" });

export const DryRunBackfillCollectionResponse = z
  .object({
    backfills: z.array(DryRunBackfillResponse),
    total_entries: z.int(),
  })
  .meta({ id: "DryRunBackfillCollectionResponse" });
