import { z } from "zod";
import { TaskInstanceHistoryResponse, TaskInstanceResponse } from "./task-instances.ts";
import { AnyJson, DateTime } from "./values.ts";

export const HITLUser = z
  .object({
    id: z.string(),
    name: z.string(),
  })
  .meta({ id: "HITLUser" });

const Question = z.object({
  options: z.array(z.string()),
  subject: z.string(),
  body: z.string().nullable(),
  defaults: z.array(z.string()).nullable(),
  multiple: z.boolean(),
  params: z.record(z.string(), AnyJson),
  assigned_users: z.array(HITLUser),
  created_at: DateTime,
  responded_by_user: HITLUser.nullable(),
  responded_at: DateTime.nullable(),
  chosen_options: z.array(z.string()).nullable(),
  params_input: z.record(z.string(), AnyJson),
  response_received: z.boolean(),
});

export const HITLDetail = Question.extend({ task_instance: TaskInstanceResponse }).meta({ id: "HITLDetail" });

export const HITLDetailCollection = z
  .object({
    hitl_details: z.array(HITLDetail),
    total_entries: z.int(),
  })
  .meta({ id: "HITLDetailCollection" });

export const HITLDetailHistory = Question.extend({ task_instance: TaskInstanceHistoryResponse }).meta({
  id: "HITLDetailHistory",
});

export const HITLDetailResponse = z
  .object({
    responded_by: HITLUser,
    responded_at: DateTime,
    chosen_options: z.array(z.string()),
    params_input: z.record(z.string(), AnyJson),
  })
  .meta({ id: "HITLDetailResponse" });

export const UpdateHITLDetailPayload = z
  .object({
    chosen_options: z.array(z.string()),
    params_input: z.record(z.string(), AnyJson).optional(),
  })
  .meta({ id: "UpdateHITLDetailPayload" });
