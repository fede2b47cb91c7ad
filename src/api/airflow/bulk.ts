/** Bulk requests: several actions, each on several entities, answered action by action with what each refused. */
import { z } from "zod";
import type { ApiApp } from "../app.ts";
import { requirePermission } from "../auth/access.ts";
import type { Resource } from "../auth/roles.ts";
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

type BulkAction<Entity> =
  | {
      readonly action: "create";
      readonly entities: readonly Entity[];
      readonly action_on_existence: "fail" | "skip" | "overwrite";
    }
  | {
      readonly action: "update";
      readonly entities: readonly Entity[];
      readonly update_mask?: Mask;
      readonly action_on_non_existence: "fail" | "skip";
    }
  | {
      readonly action: "delete";
      readonly entities: readonly (string | Entity)[];
      readonly action_on_non_existence: "fail" | "skip";
    };

type Mask = readonly string[] | null | undefined;

/** A collection whose entities have a name each. */
export interface BulkHandlers<Entity> {
  /** As refusals call them: "pools with these pool names". */
  readonly called: string;
  nameOf(entity: Entity): string;
  isThere(name: string): Promise<boolean>;
  /** Makes it, or puts it in the place of the one that is there. */
  put(entity: Entity): Promise<unknown>;
  change(entity: Entity, mask: Mask): Promise<unknown>;
  remove(name: string): Promise<unknown>;
  /** Refuses a deletion before any part of it. */
  checkRemoval?(names: readonly string[]): void;
}

const verbs = { create: "create", update: "edit", delete: "delete" } as const;

/** PATCH of a whole collection. Each action asks for its own permission, before the first of them is done. */
export function registerBulk<Entity extends z.ZodType>(
  app: ApiApp,
  path: `/${string}`,
  { resource, tags, entity, name }: BulkResource<Entity>,
  handlers: BulkHandlers<z.output<Entity>>,
): void {
  app.patch(
    path,
    {
      config: { access: "signed-in" },
      schema: {
        operationId: `bulk_${path.slice(1)}`,
        tags,
        body: bulkBody(entity, name),
        response: { 200: BulkResponse },
      },
    },
    async ({ body, user }) => {
      const { actions } = body as { actions: readonly BulkAction<z.output<Entity>>[] };
      for (const { action } of actions) requirePermission(user, { action: verbs[action], resource });
      return runBulk(actions, {
        create: (action) => createMany(handlers, action.entities, action.action_on_existence),
        update: (action) => updateMany(handlers, action),
        delete: (action) => deleteMany(handlers, action),
      });
    },
  );
}

export interface BulkResource<Entity extends z.ZodType> {
  readonly resource: Resource;
  readonly tags: readonly string[];
  readonly entity: Entity;
  /** Of the entity in the document. */
  readonly name: string;
}

async function createMany<Entity>(
  handlers: BulkHandlers<Entity>,
  entities: readonly Entity[],
  onExistence: "fail" | "skip" | "overwrite",
): Promise<ActionResult> {
  const { there } = await lookUp(handlers, entities.map(handlers.nameOf));
  if (there.size > 0 && onExistence === "fail")
    throw new HttpProblem(409, `The ${handlers.called}: ${named(there)} already exist.`);
  const made = entities.filter((one) => onExistence === "overwrite" || !there.has(handlers.nameOf(one)));
  for (const one of made) await handlers.put(one);
  return { success: made.map(handlers.nameOf), errors: [] };
}

async function updateMany<Entity>(
  handlers: BulkHandlers<Entity>,
  action: Extract<BulkAction<Entity>, { action: "update" }>,
): Promise<ActionResult> {
  const { entities, update_mask: mask } = action;
  const { there, absent } = await lookUp(handlers, entities.map(handlers.nameOf));
  if (absent.length > 0 && action.action_on_non_existence === "fail") throw notFound(handlers, absent);
  const changed = entities.filter((one) => there.has(handlers.nameOf(one)));
  for (const one of changed) await handlers.change(one, mask);
  return { success: changed.map(handlers.nameOf), errors: [] };
}

async function deleteMany<Entity>(
  handlers: BulkHandlers<Entity>,
  action: Extract<BulkAction<Entity>, { action: "delete" }>,
): Promise<ActionResult> {
  const names = action.entities.map((one) => (typeof one === "string" ? one : handlers.nameOf(one)));
  handlers.checkRemoval?.(names);
  const { there, absent } = await lookUp(handlers, names);
  if (absent.length > 0 && action.action_on_non_existence === "fail") throw notFound(handlers, absent);
  for (const name of there) await handlers.remove(name);
  return { success: [...there], errors: [] };
}

async function lookUp<Entity>(
  { isThere }: BulkHandlers<Entity>,
  names: readonly string[],
): Promise<{ there: Set<string>; absent: string[] }> {
  const found = await Promise.all(names.map(isThere));
  return {
    there: new Set(names.filter((_, index) => found[index])),
    absent: names.filter((_, index) => !found[index]),
  };
}

function notFound<Entity>({ called }: BulkHandlers<Entity>, absent: readonly string[]): HttpProblem {
  return new HttpProblem(404, `The ${called}: ${named(absent)} were not found.`);
}

/** Names as Airflow lists them in its refusals. */
function named(names: Iterable<string>): string {
  return `{${[...names].map((name) => `'${name}'`).join(", ")}}`;
}
