/** Roles and their permissions as Airflow's FAB provider has them. */
import { z } from "zod";
import type { Database } from "../../store/connect.ts";
import { createRole, deleteRole, listRoles, type RoleRow, updateRole } from "../../store/roles.ts";
import type { ApiApp } from "../app.ts";
import { HttpProblem } from "../http-problem.ts";
import type { ApiParts } from "../parts.ts";
import { can } from "./access.ts";
import type { Auth } from "./auth.ts";
import { fabBase as base, Named, Paged, fabTags as tags } from "./fab-users.ts";
import { actions, builtInGrants, resources, roleNames } from "./roles.ts";

const ActionResource = z.object({ action: Named, resource: Named }).meta({ id: "ActionResourceResponse" });
const Role = z
  .object({ name: z.string(), permissions: z.array(ActionResource) })
  .meta({ id: "RoleResponse" });
const RoleBody = z
  .strictObject({
    name: z.string().min(1).max(64),
    actions: z.array(ActionResource).optional(),
    permissions: z.array(ActionResource).optional(),
  })
  .meta({ id: "RoleBody" });

const Name = z.object({ name: z.string() });

/** `/auth/fab/v1/roles` and `/permissions`. */
export function registerFabRoles(app: ApiApp, { database }: ApiParts, auth: Auth): void {
  registerRoleLists(app, database);
  registerRoleMaking(app, database, auth);
  registerRoleChanges(app, database, auth);
}

function registerRoleLists(app: ApiApp, database: Database): void {
  app.get(
    `${base}/permissions`,
    {
      config: { access: can("read", "Roles") },
      schema: { tags, response: { 200: z.object({ actions: z.array(Named), total_entries: z.int() }) } },
    },
    async () => ({
      actions: actions.map((name) => ({ name: `can_${name}` })),
      total_entries: actions.length,
    }),
  );
  app.get(
    `${base}/roles`,
    {
      config: { access: can("read", "Roles") },
      schema: {
        tags,
        querystring: Paged,
        response: { 200: z.object({ roles: z.array(Role), total_entries: z.int() }) },
      },
    },
    async ({ query }) => {
      const roles = [...roleNames.map(builtIn), ...(await listRoles(database)).map(roleAnswer)];
      return { roles: roles.slice(query.offset, query.offset + query.limit), total_entries: roles.length };
    },
  );
  app.get(
    `${base}/roles/:name`,
    { config: { access: can("read", "Roles") }, schema: { tags, params: Name, response: { 200: Role } } },
    ({ params }) => findRole(database, params.name),
  );
}

function registerRoleMaking(app: ApiApp, database: Database, auth: Auth): void {
  app.post(
    `${base}/roles`,
    {
      config: { access: can("create", "Roles") },
      schema: { tags, operationId: "create_role", body: RoleBody, response: { 201: Role } },
    },
    async ({ body }, reply) => {
      const role = roleOf(body);
      refuseBuiltIn(role.name, 409);
      await createRole(database, role);
      auth.roles.forget();
      return reply.code(201).send(roleAnswer(role));
    },
  );
}

function registerRoleChanges(app: ApiApp, database: Database, auth: Auth): void {
  app.patch(
    `${base}/roles/:name`,
    {
      config: { access: can("edit", "Roles") },
      schema: {
        tags,
        operationId: "patch_role",
        params: Name,
        body: RoleBody.partial(),
        response: { 200: Role },
      },
    },
    async ({ params, body }) => {
      refuseBuiltIn(params.name, 403);
      const before = await findRole(database, params.name);
      const role = roleOf({ ...before, ...body, name: body.name ?? before.name });
      if (role.name !== params.name) refuseBuiltIn(role.name, 409);
      await updateRole(database, params.name, role);
      auth.roles.forget();
      return roleAnswer(role);
    },
  );
  app.delete(
    `${base}/roles/:name`,
    {
      config: { access: can("delete", "Roles") },
      schema: { tags, operationId: "delete_role", params: Name },
    },
    async ({ params }, reply) => {
      refuseBuiltIn(params.name, 403);
      await findRole(database, params.name);
      await deleteRole(database, params.name);
      auth.roles.forget();
      return reply.code(204).send();
    },
  );
}

async function findRole(database: Database, name: string): Promise<z.input<typeof Role>> {
  if (roleNames.some((known) => known === name)) return builtIn(name);
  const role = (await listRoles(database)).find((one) => one.name === name);
  if (role === undefined) throw new HttpProblem(404, `Role with name '${name}' does not exist.`);
  return roleAnswer(role);
}

function refuseBuiltIn(name: string, status: number): void {
  if (roleNames.some((known) => known === name))
    throw new HttpProblem(status, `The role ${name} is one of Airflow's five, whose permissions are fixed`);
}

function builtIn(name: string): z.input<typeof Role> {
  const all = actions.flatMap((action) => resources.map((resource) => `${action} ${resource}`));
  return roleAnswer({ name, permissions: name === "Admin" ? all : [...builtInGrants(name)] });
}

function roleAnswer({ name, permissions }: RoleRow): z.input<typeof Role> {
  return {
    name,
    permissions: permissions.map((permission) => {
      const space = permission.indexOf(" ");
      return {
        action: { name: `can_${permission.slice(0, space)}` },
        resource: { name: permission.slice(space + 1) },
      };
    }),
  };
}

/** @throws HttpProblem 400 for an action or a resource that does not exist. */
function roleOf(body: z.output<typeof RoleBody>): RoleRow {
  const permissions = (body.actions ?? body.permissions ?? []).map(({ action, resource }) => {
    const known = actions.find((one) => `can_${one}` === action.name);
    const onDag = /^DAG( Run)?:.+/s.test(resource.name);
    if (known === undefined)
      throw new HttpProblem(400, `The specified action '${action.name}' was not found`);
    if (!onDag && !resources.some((one) => one === resource.name))
      throw new HttpProblem(400, `The specified resource '${resource.name}' was not found`);
    return `${known} ${resource.name}`;
  });
  return { name: body.name, permissions };
}
