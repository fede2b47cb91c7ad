import { z } from "zod";
import { AnyJson, DateTime } from "./values.ts";

export const ConnectionBody = z
  .strictObject({
    connection_id: z
      .string()
      .max(200)
      .regex(/^[\w.-]+$/),
    conn_type: z.string(),
    description: z.string().nullable().optional(),
    host: z.string().nullable().optional(),
    login: z.string().nullable().optional(),
    schema: z.string().nullable().optional(),
    port: z.int().nullable().optional(),
    password: z.string().nullable().optional(),
    extra: z.string().nullable().optional(),
    team_name: z.string().max(50).nullable().optional(),
  })
  .meta({ id: "ConnectionBody" });

export const ConnectionResponse = z
  .object({
    connection_id: z.string(),
    conn_type: z.string(),
    description: z.string().nullable(),
    host: z.string().nullable(),
    login: z.string().nullable(),
    schema: z.string().nullable(),
    port: z.int().nullable(),
    password: z.string().nullable(),
    extra: z.string().nullable(),
    team_name: z.string().nullable(),
  })
  .meta({ id: "ConnectionResponse" });

export const ConnectionCollectionResponse = z
  .object({
    connections: z.array(ConnectionResponse),
    total_entries: z.int(),
  })
  .meta({ id: "ConnectionCollectionResponse" });

export const ConnectionTestResponse = z
  .object({
    status: z.boolean(),
    message: z.string(),
  })
  .meta({ id: "ConnectionTestResponse" });

export const ConnectionTestRequestBody = z
  .strictObject({
    connection_id: z
      .string()
      .max(200)
      .regex(/^[\w.-]+$/),
    conn_type: z.string(),
    description: z.string().nullable().optional(),
    host: z.string().nullable().optional(),
    login: z.string().nullable().optional(),
    schema: z.string().nullable().optional(),
    port: z.int().nullable().optional(),
    password: z.string().nullable().optional(),
    extra: z.string().nullable().optional(),
    team_name: z.string().max(50).nullable().optional(),
    commit_on_success: z.boolean().default(false),
    executor: z.string().nullable().optional(),
    queue: z.string().nullable().optional(),
  })
  .meta({ id: "ConnectionTestRequestBody" });

export const ConnectionTestQueuedResponse = z
  .object({
    token: z.string(),
    connection_id: z.string(),
    state: z.string(),
  })
  .meta({ id: "ConnectionTestQueuedResponse" });

export const AsyncConnectionTestResponse = z
  .object({
    token: z.string(),
    connection_id: z.string(),
    state: z.string(),
    result_message: z.string().nullable(),
    created_at: DateTime,
  })
  .meta({ id: "AsyncConnectionTestResponse" });

export const PoolBody = z
  .strictObject({
    name: z.string().max(256),
    slots: z.int().min(-1),
    description: z.string().nullable().optional(),
    include_deferred: z.boolean().default(false),
    team_name: z.string().max(50).nullable().optional(),
  })
  .meta({ id: "PoolBody" });

export const PoolPatchBody = z
  .strictObject({
    pool: z.string().nullable().optional(),
    slots: z.int().min(-1).nullable().optional(),
    description: z.string().nullable().optional(),
    include_deferred: z.boolean().nullable().optional(),
    team_name: z.string().max(50).nullable().optional(),
  })
  .meta({ id: "PoolPatchBody" });

export const PoolResponse = z
  .object({
    name: z.string(),
    slots: z.int().min(-1),
    description: z.string().nullable(),
    include_deferred: z.boolean(),
    occupied_slots: z.int(),
    running_slots: z.int(),
    queued_slots: z.int(),
    scheduled_slots: z.int(),
    open_slots: z.int(),
    deferred_slots: z.int(),
    team_name: z.string().nullable(),
  })
  .meta({ id: "PoolResponse" });

export const PoolCollectionResponse = z
  .object({
    pools: z.array(PoolResponse),
    total_entries: z.int(),
  })
  .meta({ id: "PoolCollectionResponse" });

export const VariableBody = z
  .strictObject({
    key: z.string().max(250),
    value: AnyJson,
    description: z.string().nullable().optional(),
    team_name: z.string().max(50).nullable().optional(),
  })
  .meta({ id: "VariableBody" });

export const VariableResponse = z
  .object({
    key: z.string(),
    value: z.string().nullable(),
    description: z.string().nullable(),
    is_encrypted: z.boolean(),
    team_name: z.string().nullable(),
  })
  .meta({ id: "VariableResponse" });

export const VariableCollectionResponse = z
  .object({
    variables: z.array(VariableResponse),
    total_entries: z.int(),
  })
  .meta({ id: "VariableCollectionResponse" });
