import { z } from "zod";
import { AnyJson, DateTime } from "./values.ts";

export const XComResponse = z
  .object({
    key: z.string(),
    timestamp: DateTime,
    logical_date: DateTime.nullable(),
    map_index: z.int(),
    task_id: z.string(),
    dag_id: z.string(),
    run_id: z.string(),
    dag_display_name: z.string(),
    task_display_name: z.string(),
    run_after: DateTime,
  })
  .meta({ id: "XComResponse" });

export const XComResponseNative = z
  .object({
    key: z.string(),
    timestamp: DateTime,
    logical_date: DateTime.nullable(),
    map_index: z.int(),
    task_id: z.string(),
    dag_id: z.string(),
    run_id: z.string(),
    dag_display_name: z.string(),
    task_display_name: z.string(),
    run_after: DateTime,
    value: AnyJson,
  })
  .meta({ id: "XComResponseNative" });

export const XComResponseString = z
  .object({
    key: z.string(),
    timestamp: DateTime,
    logical_date: DateTime.nullable(),
    map_index: z.int(),
    task_id: z.string(),
    dag_id: z.string(),
    run_id: z.string(),
    dag_display_name: z.string(),
    task_display_name: z.string(),
    run_after: DateTime,
    value: z.string().nullable(),
  })
  .meta({ id: "XComResponseString" });

export const XComCollectionResponse = z
  .object({
    xcom_entries: z.array(XComResponse),
    total_entries: z.int(),
  })
  .meta({ id: "XComCollectionResponse" });

export const XComCreateBody = z
  .strictObject({
    key: z.string(),
    value: AnyJson,
    map_index: z.int().default(-1),
  })
  .meta({ id: "XComCreateBody" });

export const XComUpdateBody = z
  .strictObject({
    value: AnyJson,
    map_index: z.int().default(-1),
  })
  .meta({ id: "XComUpdateBody" });
