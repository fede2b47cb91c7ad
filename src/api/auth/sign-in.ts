/**
 * Who asks, found before the route's access is checked: by `Authorization: Basic` (RFC 7617) or `Bearer` (RFC 6750:
 * a signed token, an API token, or that of a task's attempt), else by the session's cookie. Credentials that are wrong are a 401 everywhere
 * but on public routes, which a client with an old token still reaches.
 */
import type { FastifyRequest } from "fastify";
import { isAttemptToken } from "../../store/attempt-token.ts";
import { findSession, findUserOfApiToken, findUserOfSignedToken } from "../../store/sessions.ts";
import type { ApiApp } from "../app.ts";
import { HttpProblem } from "../http-problem.ts";
import type { ApiParts } from "../parts.ts";
import { AttemptAuthority, principalOf } from "./attempt-token.ts";
import type { Auth } from "./auth.ts";
import { nobody, type Principal } from "./principal.ts";
import { cookieName, requireOwnPage } from "./session-cookie.ts";

/** What an API token starts with, so that leaked ones are found by scanners. */
export const apiTokenPrefix = "tw_";

export function recogniseUsers(app: ApiApp, parts: ApiParts, auth: Auth): void {
  app.decorateRequest("user");
  const attempts = new AttemptAuthority(parts);
  app.addHook("onRequest", async (request) => {
    request.user = nobody;
    const isPublic = request.routeOptions.config.access === "public";
    const { authorization } = request.headers;
    if (isPublic) request.user = await onPublicRoute(request, parts, auth);
    else if (authorization === undefined) request.user = await withoutHeader(request, parts, auth);
    else
      request.user =
        (await ofAttempt(authorization, request, attempts)) ??
        (await byHeader(authorization, request, parts, auth));
  });
}

/** Null for a header that is not of a task's attempt. */
async function ofAttempt(header: string, request: FastifyRequest, attempts: AttemptAuthority) {
  const token = /^Bearer\s+(\S+)\s*$/i.exec(header)?.[1] ?? "";
  if (!isAttemptToken(token)) return null;
  const origin = await attempts.recognise(token);
  if (origin === null) throw refused("expected the token of an attempt that runs, got one that ended");
  request.attempt = origin;
  return principalOf(origin);
}

/** Health and sign-in are answered also when the database is away, so it is asked only for whoever has a session. */
async function onPublicRoute(request: FastifyRequest, parts: ApiParts, auth: Auth): Promise<Principal> {
  if (request.cookies[cookieName] === undefined) return nobody;
  try {
    return await withoutHeader(request, parts, auth);
  } catch {
    return nobody;
  }
}

async function byHeader(
  header: string,
  request: FastifyRequest,
  parts: ApiParts,
  auth: Auth,
): Promise<Principal> {
  const [, scheme = "", credentials = ""] = /^(\S+)\s+(\S+)\s*$/.exec(header) ?? [];
  if (scheme.toLowerCase() === "basic") {
    const text = Buffer.from(credentials, "base64").toString("utf8");
    const colon = text.indexOf(":");
    if (colon < 0) throw refused("Invalid credentials");
    const user = await auth.passwords.check(text.slice(0, colon), text.slice(colon + 1), request.ip);
    return auth.principal(user, { kind: "password" });
  }
  if (scheme.toLowerCase() === "bearer") return byToken(credentials, parts, auth);
  throw refused("expected Authorization: Basic or Bearer");
}

async function byToken(token: string, { database, clock }: ApiParts, auth: Auth): Promise<Principal> {
  if (token.startsWith(apiTokenPrefix)) {
    const user = await findUserOfApiToken(database, token, clock.now());
    if (user === null) throw refused("Invalid or expired token");
    return auth.principal(user, { kind: "api-token" }, user.scopes);
  }
  const read = await auth.tokens.read(token);
  const user = read === null ? null : await findUserOfSignedToken(database, read);
  if (read === null || user === null) throw refused("Invalid or expired token");
  return auth.principal(user, { kind: "signed-token", jti: read.jti, expiresAt: read.expiresAt });
}

async function withoutHeader(request: FastifyRequest, parts: ApiParts, auth: Auth): Promise<Principal> {
  const { database, clock, config } = parts;
  const secret = request.cookies[cookieName];
  const session = secret === undefined ? null : await findSession(database, secret, clock.now());
  if (session !== null && secret !== undefined) {
    requireOwnPage(request, parts, secret);
    return auth.principal(session, { kind: "session", secret, expiresAt: session.expiresAt });
  }
  if (config.api.allAdmins && isLoopback(request.socket.remoteAddress)) {
    const permissions = await auth.roles.permissionsOf(["Admin"]);
    return { id: 0, username: "Anonymous", roles: ["Admin"], permissions, by: { kind: "localhost" } };
  }
  const roles = [config.api.publicRole];
  return { ...nobody, roles, permissions: await auth.roles.permissionsOf(roles) };
}

function isLoopback(address: string | undefined): boolean {
  return address !== undefined && /^(127\.|::1$|::ffff:127\.)/.test(address);
}

function refused(detail: string): HttpProblem {
  return new HttpProblem(401, detail, {
    headers: { "www-authenticate": 'Basic realm="Tradewind", Bearer error="invalid_token"' },
  });
}
