/** Users as Airflow's FAB provider has them: `/auth/fab/v1/users`. */
import { z } from "zod";
import type { Database } from "../../store/connect.ts";
import { listRoles } from "../../store/roles.ts";
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
import { roleNames } from "./roles.ts";

export const fabBase = "/auth/fab/v1";
export const fabTags = ["FabAuthManager"];
export const Named = z.object({ name: z.string() });
export const Paged = z.object({ limit: z.int().min(0).default(100), offset: z.int().min(0).default(0) });

const base = fabBase;
const tags = fabTags;
const Username = z.object({ username: z.string() });

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

export function registerFabUsers(app: ApiApp, parts: ApiParts): void {
  registerUserLists(app, parts.database);
  registerUserMaking(app, parts);
  registerUserChange(app, parts);
  registerUserDeletion(app, parts.database);
}

function registerUserLists(app: ApiApp, database: Database): void {
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
  app.get(
    `${base}/users/:username`,
    {
      config: { access: can("read", "Users") },
      schema: { tags, params: Username, response: { 200: UserAnswer } },
    },
    async ({ params }) => userAnswer(await findNamed(database, params.username)),
  );
}

function registerUserMaking(app: ApiApp, { database, clock }: ApiParts): void {
  app.post(
    `${base}/users`,
    {
      config: { access: can("create", "Users") },
      schema: { tags, operationId: "create_user", body: UserBody, response: { 201: UserAnswer } },
    },
    async ({ body }, reply) => {
      const roles = await knownRoles(database, body.roles ?? [{ name: "Viewer" }]);
      const { username, email = null, first_name: firstName, last_name: lastName, password } = body;
      const user = await createUser(
        database,
        { username, email, firstName, lastName, roles, password },
        clock.now(),
      );
      return reply.code(201).send(userAnswer(user));
    },
  );
}

function registerUserChange(app: ApiApp, { database, clock }: ApiParts): void {
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
      const before = await findNamed(database, params.username);
      const roles = body.roles === undefined ? before.roles : await knownRoles(database, body.roles);
      const { username = before.username, email = before.email, active = before.isActive } = body;
      const { first_name: firstName = before.firstName, last_name: lastName = before.lastName } = body;
      await database.transaction(async (tx) => {
        await updateUser(tx, before.id, { username, email, firstName, lastName, roles, isActive: active });
        if (body.password !== undefined) await resetPassword(tx, username, body.password, clock.now());
      });
      return userAnswer(await findNamed(database, username));
    },
  );
}

function registerUserDeletion(app: ApiApp, database: Database): void {
  app.delete(
    `${base}/users/:username`,
    {
      config: { access: can("delete", "Users") },
      schema: { tags, operationId: "delete_user", params: Username },
    },
    async ({ params }, reply) => {
      await findNamed(database, params.username);
      await deleteUser(database, params.username);
      return reply.code(204).send();
    },
  );
}

async function findNamed(database: Database, username: string): Promise<User> {
  const user = await findUser(database, username);
  if (user?.username !== username)
    throw new HttpProblem(404, `The User with username \`${username}\` was not found`);
  return user;
}

/** @throws HttpProblem 400 for a role that does not exist. */
async function knownRoles(database: Database, named: readonly { name: string }[]): Promise<string[]> {
  const known = new Set<string>([...roleNames, ...(await listRoles(database)).map(({ name }) => name)]);
  const unknown = named.filter(({ name }) => !known.has(name)).map(({ name }) => name);
  if (unknown.length > 0) throw new HttpProblem(400, `Unknown roles: ${unknown.join(", ")}`);
  return named.map(({ name }) => name);
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
