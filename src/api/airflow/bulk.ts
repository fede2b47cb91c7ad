/** Bulk requests: several actions, each on several entities, answered action by action with what each refused. */
import { z } from "zod";
import { HttpProblem } from "../http-problem.ts";

const onExistence = z.enum(["fail", "skip", "overwrite"]).meta({ id: "BulkActionOnExistence" });
const onNonExistence = z.enum(["fail", "skip"]).meta({ id: "BulkActionNotOnExistence" });

const BulkActionResponse = z
  .object({
    success: z.array(z.string()),
    errors: z.array(z.record(z.string(), z.any())),
  })
  .meta({ id: "BulkActionResponse" });

export const BulkResponse = z
  .object({
    create: BulkActionResponse.nullable(),
    update: BulkActionResponse.nullable(),
    delete: BulkActionResponse.nullable(),
  })
  .meta({ id: "BulkResponse" });

/** The body of a bulk request on entities of one kind; `name` is that of the kind in Airflow's document. */
export function bulkBody<Entity extends z.ZodType>(entity: Entity, name: string) {
  const create = z
    .strictObject({
      action: z.literal("create"),
      entities: z.array(entity),
      action_on_existence: onExistence.default("fail"),
    })
    .meta({ id: `BulkCreateAction_${name}_` });
  const update = z
    .strictObject({
      action: z.literal("update"),
      entities: z.array(entity),
      update_mask: z.array(z.string()).nullable().optional(),
      action_on_non_existence: onNonExistence.default("fail"),
    })
    .meta({ id: `BulkUpdateAction_${name}_` });
  const remove = z
    .strictObject({
      action: z.literal("delete"),
      entities: z.array(z.union([z.string(), entity])),
      action_on_non_existence: onNonExistence.default("fail"),
    })
    .meta({ id: `BulkDeleteAction_${name}_` });
  return z
    .strictObject({ actions: z.array(z.discriminatedUnion("action", [create, update, remove])) })
    .meta({ id: `BulkBody_${name}_` });
}

export interface ActionResult {
  /** Names of what was done. */
  readonly success: readonly string[];
  readonly errors: readonly { readonly error: string; readonly status_code: number }[];
}

export const missing = (error: string) => ({ error, status_code: 404 });

export function refusedInPart(success: readonly string[], status: number, error: string): ActionResult {
  return { success, errors: [{ error, status_code: status }] };
}

type Results = {
  [action: string]: { success: string[]; errors: { error: string; status_code: number }[] } | null;
};

/**
 * One action after the other; what one refuses does not stop the next. An action stands in the answer when it was
 * asked for. A handler's HttpProblem is that action's error.
 */
export async function runBulk<Action extends { readonly action: "create" | "update" | "delete" }>(
  actions: readonly Action[],
  handlers: {
    readonly [Kind in Action["action"]]: (action: Extract<Action, { action: Kind }>) => Promise<ActionResult>;
  },
): Promise<z.output<typeof BulkResponse>> {
  const results: Results = { create: null, update: null, delete: null };
  for (const action of actions) {
    const kind = action.action as Action["action"];
    const soFar = (results[kind] ??= { success: [], errors: [] });
    const { success, errors } = await handlers[kind](action as never).catch((error: unknown) => {
      if (!(error instanceof HttpProblem)) throw error;
      return refusedInPart([], error.status, String(error.detail));
    });
    soFar.success.push(...success);
    soFar.errors.push(...errors);
  }
  return results as z.output<typeof BulkResponse>;
}

/** Names as Airflow lists them in its refusals. */
export function named(names: Iterable<string>): string {
  return `{${[...names].map((name) => `'${name}'`).join(", ")}}`;
}
