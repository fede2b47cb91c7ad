/**
 * What a route requires of who asks: declared with the route, checked before anything of the request is read. A
 * route that declares nothing does not register, so none is open by being forgotten.
 */
import type { FastifyRequest } from "fastify";
import type { ApiApp } from "../app.ts";
import { HttpProblem } from "../http-problem.ts";
import type { Principal } from "./principal.ts";
import { type Action, type Resource, rolesMay } from "./roles.ts";

export interface Permission {
  readonly action: Action;
  readonly resource: Resource;
}

/** "public": anybody. "signed-in": any user. A permission, or several of which each is required. */
export type Access = "public" | "signed-in" | readonly Permission[];

/** `access: can("edit", "DAGs")`; with more than one call's worth, `[...can(…), ...can(…)]`. */
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
  for (const permission of access) requirePermission(user, permission);
}

/** For what only the handler knows; a route declares everything else. */
export function requirePermission(user: Principal, { action, resource }: Permission): void {
  if (rolesMay(user.roles, action, resource)) return;
  throw user.id === null ? notSignedIn() : new HttpProblem(403, "Forbidden");
}

function notSignedIn(): HttpProblem {
  return new HttpProblem(401, "Not authenticated", {
    headers: { "www-authenticate": 'Basic realm="Tradewind", Bearer' },
  });
}

/**
 * The Dags on which `user` may do it: null means all of them. Lists over Dags (and `~`) filter by it.
 */
export async function permittedDagIds(
  user: Principal,
  action: Action,
  resource: Resource,
): Promise<readonly string[] | null> {
  return rolesMay(user.roles, action, resource) ? null : [];
}
