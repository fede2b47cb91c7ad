/** `~` in a path: everything that the user may see. */
import { z } from "zod";
import { permittedDagIds } from "../auth/access.ts";
import type { Principal } from "../auth/principal.ts";
import type { Action, Resource } from "../auth/roles.ts";

export const everything = "~";

export const DagPath = z.object({ dag_id: z.string() });
export const RunPath = DagPath.extend({ dag_run_id: z.string() });
export const TaskPath = RunPath.extend({ task_id: z.string() });
export const MappedPath = TaskPath.extend({ map_index: z.int().min(-1) });

export const UpdateMask = z.object({ update_mask: z.array(z.string()).nullable().optional() });

/** The Dags that a path means; null: all there are. */
export async function dagsOf(
  user: Principal,
  action: Action,
  resource: Resource,
  dagId: string,
): Promise<readonly string[] | null> {
  return dagId === everything ? await permittedDagIds(user, action, resource) : [dagId];
}

/** The fields that a change is about: those that were sent, and of these only the ones that the mask names. */
export function fieldsToChange(body: object, mask: readonly string[] | null | undefined): Set<string> {
  const sent = Object.keys(body).filter((name) => (body as Record<string, unknown>)[name] !== undefined);
  return new Set(
    mask === null || mask === undefined || mask.length === 0
      ? sent
      : sent.filter((name) => mask.includes(name)),
  );
}
