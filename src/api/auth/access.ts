/**
 * What a route requires of who asks: declared with the route, checked before anything of the request is read. A
 * route that declares nothing does not register, so none is open by being forgotten.
 *
 * A route whose path has `:dag_id` requires it on that Dag. One without (and `~`) lets in whoever may do it on some
 * Dag: its handler shows only those that `permittedDagIds` names.
 */
import type { FastifyRequest } from "fastify";
import type { ApiApp } from "../app.ts";
import { HttpProblem } from "../http-problem.ts";
import type { Principal } from "./principal.ts";
import { type Action, dagResources, type Resource } from "./roles.ts";

export interface Permission {
  readonly action: Action;
  readonly resource: Resource;
}

/** "public": anybody. "signed-in": any user. Permissions: each of them. */
export type Access = "public" | "signed-in" | readonly Permission[];

/** `access: can("edit", "DAGs")`; several are required by `[...can("read", "DAGs"), ...can("edit", "XComs")]`. */
export function can(action: Action, resource: Resource): readonly Permission[] {
  return [{ action, resource }];
}

/** Runs after the sign-in. Register it before any route. */
export function checkAccess(app: ApiApp): void {
  app.addHook("onRoute", (route) => {
    if (route.config?.access === undefined)
      throw new TypeError(`${String(route.method)} ${route.url}: expected config.access, got none`);
  });
  app.addHook("onRequest", async (request) => {
    const { access } = request.routeOptions.config;
    // No route matched: the answer is a 404 for everybody.
    if (access !== undefined) requireAccess(request, access);
  });
}

function requireAccess(request: FastifyRequest, access: Access): void {
  if (access === "public") return;
  const { user } = request;
  if (access === "signed-in") {
    if (user.id === null) throw notSignedIn();
    return;
  }
  const { dag_id: dagId } = (request.params ?? {}) as { dag_id?: string };
  for (const permission of access) {
    if (dagId !== undefined && dagId !== "~") requirePermission(user, permission, dagId);
    else if (!mayOnSomeDag(user, permission)) throw refusal(user);
  }
}

function mayOnSomeDag(user: Principal, { action, resource }: Permission): boolean {
  const { permissions } = user;
  if (permissions.may(action, resource)) return true;
  return dagResources.has(resource) && permissions.dagIds(action, resource)?.length !== 0;
}

/** For what only the handler knows, as a Dag that the body names; a route declares everything else. */
export function requirePermission(user: Principal, { action, resource }: Permission, dagId?: string): void {
  if (!user.permissions.may(action, resource, dagId)) throw refusal(user);
}

function refusal(user: Principal): HttpProblem {
  return user.id === null ? notSignedIn() : new HttpProblem(403, "Forbidden");
}

function notSignedIn(): HttpProblem {
  return new HttpProblem(401, "Not authenticated", {
    headers: { "www-authenticate": 'Basic realm="Tradewind", Bearer' },
  });
}

/** The Dags on which `user` may do it: null means all of them. Lists over Dags (and `~`) filter by it. */
export async function permittedDagIds(
  user: Principal,
  action: Action,
  resource: Resource,
): Promise<readonly string[] | null> {
  return user.permissions.dagIds(action, resource);
}
