/** Users, roles and permissions as Airflow's FAB provider has them: `/auth/fab/v1/{users,roles,permissions}`. */
import { z } from "zod";
import { createRole, deleteRole, listRoles, type RoleRow, updateRole } from "../../store/roles.ts";
import {
  createUser,
  deleteUser,
  findUser,
  listUsers,
  resetPassword,
  type User,
  updateUser,
} from "../../store/users.ts";
import type { ApiApp } from "../app.ts";
import { HttpProblem } from "../http-problem.ts";
import type { ApiParts } from "../parts.ts";
import { can } from "./access.ts";
import type { Auth } from "./auth.ts";
import { actions, builtInGrants, resources, roleNames } from "./roles.ts";

const Named = z.object({ name: z.string() });
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

const UserAnswer = z
  .object({
    id: z.int(),
    username: z.string(),
    email: z.string().nullable(),
    first_name: z.string(),
    last_name: z.string(),
    active: z.boolean(),
    roles: z.array(Named),
    last_login: z.iso.datetime().nullable(),
    login_count: z.int(),
    created_on: z.iso.datetime(),
  })
  .meta({ id: "UserResponse" });
const text = z.string().max(250);
const UserBody = z
  .strictObject({
    username: text.min(1),
    email: text.nullable().optional(),
    first_name: text.default(""),
    last_name: text.default(""),
    roles: z.array(Named).optional(),
    password: z.string().min(1).max(1000),
  })
  .meta({ id: "UserBody" });
const UserPatch = z
  .strictObject({
    username: text.min(1).optional(),
    email: text.nullable().optional(),
    first_name: text.optional(),
    last_name: text.optional(),
    roles: z.array(Named).optional(),
    active: z.boolean().optional(),
    password: z.string().min(1).max(1000).optional(),
  })
  .meta({ id: "UserPatchBody" });

const base = "/auth/fab/v1";
const tags = ["FabAuthManager"];
const Paged = z.object({ limit: z.int().min(0).default(100), offset: z.int().min(0).default(0) });

export function registerFabRoutes(app: ApiApp, parts: ApiParts, auth: Auth): void {
  registerRoles(app, parts, auth);
  registerUsers(app, parts, auth);
}

function registerRoles(app: ApiApp, { database }: ApiParts, auth: Auth): void {
  const Name = z.object({ name: z.string() });
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
  const found = async (name: string): Promise<z.input<typeof Role>> => {
    if (roleNames.some((known) => known === name)) return builtIn(name);
    const role = (await listRoles(database)).find((one) => one.name === name);
    if (role === undefined) throw new HttpProblem(404, `Role with name '${name}' does not exist.`);
    return roleAnswer(role);
  };
  app.get(
    `${base}/roles/:name`,
    { config: { access: can("read", "Roles") }, schema: { tags, params: Name, response: { 200: Role } } },
    ({ params }) => found(params.name),
  );
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
      const before = await found(params.name);
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
      await found(params.name);
      await deleteRole(database, params.name);
      auth.roles.forget();
      return reply.code(204).send();
    },
  );
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

function registerUsers(app: ApiApp, { database, clock }: ApiParts, auth: Auth): void {
  const Username = z.object({ username: z.string() });
  const found = async (username: string): Promise<User> => {
    const user = await findUser(database, username);
    if (user?.username !== username)
      throw new HttpProblem(404, `The User with username \`${username}\` was not found`);
    return user;
  };
  app.get(
    `${base}/users`,
    {
      config: { access: can("read", "Users") },
      schema: {
        tags,
        querystring: Paged,
        response: { 200: z.object({ users: z.array(UserAnswer), total_entries: z.int() }) },
      },
    },
    async ({ query }) => {
      const users = await listUsers(database);
      const page = users.slice(query.offset, query.offset + query.limit);
      return { users: page.map(userAnswer), total_entries: users.length };
    },
  );
  app.post(
    `${base}/users`,
    {
      config: { access: can("create", "Users") },
      schema: { tags, operationId: "create_user", body: UserBody, response: { 201: UserAnswer } },
    },
    async ({ body }, reply) => {
      const roles = await knownRoles(body.roles ?? [{ name: "Viewer" }]);
      const { username, email = null, first_name: firstName, last_name: lastName, password } = body;
      const user = await createUser(
        database,
        { username, email, firstName, lastName, roles, password },
        clock.now(),
      );
      return reply.code(201).send(userAnswer(user));
    },
  );
  app.get(
    `${base}/users/:username`,
    {
      config: { access: can("read", "Users") },
      schema: { tags, params: Username, response: { 200: UserAnswer } },
    },
    async ({ params }) => userAnswer(await found(params.username)),
  );
  app.patch(
    `${base}/users/:username`,
    {
      config: { access: can("edit", "Users") },
      schema: {
        tags,
        operationId: "update_user",
        params: Username,
        body: UserPatch,
        response: { 200: UserAnswer },
      },
    },
    async ({ params, body }) => {
      const before = await found(params.username);
      const roles = body.roles === undefined ? before.roles : await knownRoles(body.roles);
      const { username = before.username, email = before.email, active = before.isActive } = body;
      const { first_name: firstName = before.firstName, last_name: lastName = before.lastName } = body;
      await database.transaction(async (tx) => {
        await updateUser(tx, before.id, { username, email, firstName, lastName, roles, isActive: active });
        if (body.password !== undefined) await resetPassword(tx, username, body.password, clock.now());
      });
      return userAnswer(await found(username));
    },
  );
  app.delete(
    `${base}/users/:username`,
    {
      config: { access: can("delete", "Users") },
      schema: { tags, operationId: "delete_user", params: Username },
    },
    async ({ params }, reply) => {
      await found(params.username);
      await deleteUser(database, params.username);
      return reply.code(204).send();
    },
  );
  const knownRoles = async (named: readonly { name: string }[]): Promise<string[]> => {
    const known = new Set<string>([...roleNames, ...(await listRoles(database)).map(({ name }) => name)]);
    const unknown = named.filter(({ name }) => !known.has(name)).map(({ name }) => name);
    if (unknown.length > 0) throw new HttpProblem(400, `Unknown roles: ${unknown.join(", ")}`);
    auth.roles.forget();
    return named.map(({ name }) => name);
  };
}

function userAnswer(user: User): z.input<typeof UserAnswer> {
  return {
    id: user.id,
    username: user.username,
    email: user.email,
    first_name: user.firstName,
    last_name: user.lastName,
    active: user.isActive,
    roles: user.roles.map((name) => ({ name })),
    last_login: user.lastLogin === null ? null : new Date(user.lastLogin).toISOString(),
    login_count: user.loginCount,
    created_on: new Date(user.createdAt).toISOString(),
  };
}
