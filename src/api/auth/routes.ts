/** Signing in and out, and tokens: Airflow's `/auth/token` and `/auth/login`, and what the page needs beside them. */
import { randomBytes } from "node:crypto";
import type { FastifyRequest } from "fastify";
import { z } from "zod";
import { addAuditEntry } from "../../store/audit-log.ts";
import { addApiToken, deleteApiToken, listApiTokens, revokeSignedToken } from "../../store/sessions.ts";
import { resetPassword, type User } from "../../store/users.ts";
import type { ApiApp } from "../app.ts";
import { HttpProblem } from "../http-problem.ts";
import type { ApiParts } from "../parts.ts";
import { ownPath, pathPrefix } from "../public-address.ts";
import type { Auth } from "./auth.ts";
import type { Principal } from "./principal.ts";
import { actions, resources } from "./roles.ts";
import { csrfToken, finishSession, startSession } from "./session-cookie.ts";
import { apiTokenPrefix } from "./sign-in.ts";

const Credentials = z.strictObject({ username: z.string(), password: z.string() }).meta({ id: "LoginBody" });
const AccessToken = z.object({ access_token: z.string() }).meta({ id: "LoginResponse" });
const Session = z
  .object({
    username: z.string(),
    roles: z.array(z.string()),
    csrf_token: z.string().nullable(),
    expires_at: z.iso.datetime().nullable(),
  })
  .meta({ id: "SessionResponse" });

const scopePattern = new RegExp(`^(\\*|${actions.join("|")})(:(${resources.join("|")}))?$`);
const Token = z
  .object({
    id: z.int(),
    name: z.string(),
    scopes: z.array(z.string()).nullable(),
    created_at: z.iso.datetime(),
    expires_at: z.iso.datetime().nullable(),
    last_used_at: z.iso.datetime().nullable(),
  })
  .meta({ id: "ApiTokenResponse" });
const NewToken = z
  .strictObject({
    name: z.string().min(1).max(250),
    scopes: z.array(z.string().regex(scopePattern)).min(1).nullable().optional(),
    expires_in_days: z.number().positive().max(3650).nullable().optional(),
  })
  .meta({ id: "ApiTokenBody" });

const tags = ["Login"];

export function registerAuthRoutes(app: ApiApp, parts: ApiParts, auth: Auth): void {
  registerTokenRoutes(app, parts, auth);
  registerSessionRoutes(app, parts, auth);
  registerApiTokenRoutes(app, parts, auth);
}

/** @throws HttpProblem 401 or 429; either way the audit log says who tried. */
async function signIn(
  parts: ApiParts,
  auth: Auth,
  request: FastifyRequest,
  body: z.output<typeof Credentials>,
): Promise<User> {
  const note = (event: string): Promise<void> =>
    addAuditEntry(
      parts.database,
      { event, owner: body.username.slice(0, 250), extra: JSON.stringify({ from: request.ip }) },
      parts.clock.now(),
    );
  try {
    const user = await auth.passwords.check(body.username, body.password, request.ip);
    await note("login");
    return user;
  } catch (error) {
    if (error instanceof HttpProblem) await note("login_failed");
    throw error;
  }
}

function registerTokenRoutes(app: ApiApp, parts: ApiParts, auth: Auth): void {
  const { api } = parts.config;
  for (const [path, seconds] of [
    ["/auth/token", api.tokenSeconds],
    ["/auth/token/cli", api.cliTokenSeconds],
  ] as const)
    app.post(
      path,
      {
        config: { access: "public", audit: false },
        schema: { tags, body: Credentials, response: { 201: AccessToken } },
      },
      async (request, reply) => {
        const user = await signIn(parts, auth, request, request.body);
        return reply.code(201).send({ access_token: await auth.tokens.issue(user.id, seconds) });
      },
    );
}

function registerSessionRoutes(app: ApiApp, parts: ApiParts, auth: Auth): void {
  const prefix = pathPrefix(parts.config);
  const session = { tags, response: { 200: Session } };
  app.post(
    "/auth/login",
    { config: { access: "public", audit: false }, schema: { ...session, body: Credentials } },
    async (request, reply) => {
      const { id, username, roles } = await signIn(parts, auth, request, request.body);
      const { secret, expiresAt } = await startSession(reply, parts, id);
      return {
        username,
        roles,
        csrf_token: csrfToken(parts, secret),
        expires_at: new Date(expiresAt).toISOString(),
      };
    },
  );
  app.get("/auth/session", { config: { access: "signed-in" }, schema: session }, async ({ user }) => ({
    username: user.username,
    roles: [...user.roles],
    csrf_token: user.by.kind === "session" ? csrfToken(parts, user.by.secret) : null,
    expires_at: "expiresAt" in user.by ? new Date(user.by.expiresAt).toISOString() : null,
  }));
  const Next = z.object({ next: z.string().optional() });
  for (const base of ["/auth", "/api/v2/auth"]) {
    const hide = base === "/auth";
    app.get(
      `${base}/login`,
      { config: { access: "public" }, schema: { tags, hide, querystring: Next } },
      async (request, reply) => {
        const next = ownPath(request.query.next, prefix);
        return reply.redirect(`${prefix}/login?next=${encodeURIComponent(next)}`, 307);
      },
    );
    app.get(
      `${base}/logout`,
      { config: { access: "public" }, schema: { tags, hide } },
      async (request, reply) => {
        await signOut(parts, request.user);
        await finishSession(reply, parts);
        return reply.redirect(`${prefix}/login`, 307);
      },
    );
  }
  app.delete(
    "/auth/token",
    { config: { access: "signed-in" }, schema: { tags, summary: "Take back the token that asks" } },
    async (request, reply) => {
      await signOut(parts, request.user);
      return reply.code(204).send();
    },
  );
}

async function signOut({ database, clock }: ApiParts, { by, id, username }: Principal): Promise<void> {
  if (id === null) return;
  if (by.kind === "signed-token") await revokeSignedToken(database, by, clock.now());
  await addAuditEntry(database, { event: "logout", owner: username }, clock.now());
}

function registerApiTokenRoutes(app: ApiApp, parts: ApiParts, auth: Auth): void {
  registerTokenList(app, parts);
  registerTokenCreation(app, parts);
  registerTokenDeletion(app, parts);
  registerPasswordChange(app, parts, auth);
}

function registerTokenList(app: ApiApp, parts: ApiParts): void {
  const { database } = parts;
  app.get(
    "/auth/tokens",
    {
      config: { access: "signed-in" },
      schema: { tags, response: { 200: z.object({ tokens: z.array(Token), total_entries: z.int() }) } },
    },
    async ({ user }) => {
      const tokens = (await listApiTokens(database, ownId(user))).map(tokenAnswer);
      return { tokens, total_entries: tokens.length };
    },
  );
}

function registerTokenCreation(app: ApiApp, parts: ApiParts): void {
  const { database, clock } = parts;
  app.post(
    "/auth/tokens",
    {
      config: { access: "signed-in" },
      schema: { tags, body: NewToken, response: { 201: Token.extend({ token: z.string() }) } },
    },
    async ({ user, body }, reply) => {
      const secret = apiTokenPrefix + randomBytes(32).toString("base64url");
      const now = clock.now();
      const days = body.expires_in_days ?? null;
      const expiresAt = days === null ? null : now + days * 86_400_000;
      const { name, scopes = null } = body;
      const made = await addApiToken(database, { secret, userId: ownId(user), name, scopes, expiresAt }, now);
      return reply.code(201).send({ ...tokenAnswer(made), token: secret });
    },
  );
}

function registerTokenDeletion(app: ApiApp, parts: ApiParts): void {
  const { database } = parts;
  app.delete(
    "/auth/tokens/:id",
    { config: { access: "signed-in" }, schema: { tags, params: z.object({ id: z.int() }) } },
    async ({ user, params }, reply) => {
      if (!(await deleteApiToken(database, ownId(user), params.id)))
        throw new HttpProblem(404, `The token ${params.id} was not found`);
      return reply.code(204).send();
    },
  );
}

function registerPasswordChange(app: ApiApp, parts: ApiParts, auth: Auth): void {
  const { database, clock } = parts;
  app.post(
    "/auth/password",
    {
      config: { access: "signed-in" },
      schema: {
        tags,
        summary: "Change one's own password; ends all sessions and signed tokens",
        body: z.strictObject({ old_password: z.string(), new_password: z.string().min(8).max(1000) }),
      },
    },
    async ({ user, body, ip }, reply) => {
      ownId(user);
      await auth.passwords.check(user.username, body.old_password, ip);
      await resetPassword(database, user.username, body.new_password, clock.now());
      return reply.code(204).send();
    },
  );
}

/** A token must not be able to make others, which could outlive it or do more. */
function ownId(user: Principal): number {
  if (user.by.kind === "api-token" || user.by.kind === "localhost" || user.id === null)
    throw new HttpProblem(403, "expected a user who signed in with a password, not a token");
  return user.id;
}

function tokenAnswer(row: Awaited<ReturnType<typeof addApiToken>>): z.input<typeof Token> {
  const iso = (ms: number | null): string | null => (ms === null ? null : new Date(ms).toISOString());
  return {
    id: row.id,
    name: row.name,
    scopes: row.scopes,
    created_at: new Date(row.createdAt).toISOString(),
    expires_at: iso(row.expiresAt),
    last_used_at: iso(row.lastUsedAt),
  };
}
