/**
 * The page's session: an opaque id in a cookie that no script reads. Another site's page cannot use it for changes:
 * they need `X-CSRF-Token`, which only our own page can read (`GET /auth/session`), and come from our own origin.
 */
import { createHmac, randomBytes, timingSafeEqual } from "node:crypto";
import type { FastifyReply, FastifyRequest } from "fastify";
import { addSession, endSession } from "../../store/sessions.ts";
import { HttpProblem } from "../http-problem.ts";
import type { ApiParts } from "../parts.ts";
import { pathPrefix } from "../public-address.ts";

export const cookieName = "_token";

export async function startSession(
  reply: FastifyReply,
  parts: ApiParts,
  userId: number,
): Promise<{ secret: string; expiresAt: number }> {
  const { database, clock, config } = parts;
  const secret = randomBytes(32).toString("base64url");
  const maxAge = config.api.sessionHours * 3600;
  const expiresAt = clock.now() + maxAge * 1000;
  await addSession(database, { secret, userId, expiresAt }, clock.now());
  reply.setCookie(cookieName, secret, { ...attributes(reply.request, parts), maxAge: Math.floor(maxAge) });
  return { secret, expiresAt };
}

export async function finishSession(reply: FastifyReply, parts: ApiParts): Promise<void> {
  const secret = reply.request.cookies[cookieName];
  if (secret !== undefined) await endSession(parts.database, secret);
  reply.clearCookie(cookieName, attributes(reply.request, parts));
}

function attributes(request: FastifyRequest, { config }: ApiParts) {
  const secure = request.protocol === "https" || config.api.baseUrl.startsWith("https:");
  // "lax", not "strict": a link in a message has to open the page that it names.
  return { httpOnly: true, sameSite: "lax", secure, path: pathPrefix(config) || "/" } as const;
}

/** Goes with the session and cannot be computed from it without the home's key. */
export function csrfToken(parts: ApiParts, secret: string): string {
  const [key] = parts.secrets.derive("CSRF tokens");
  return createHmac("sha256", key as Buffer)
    .update(secret)
    .digest("base64url");
}

const safeMethods = new Set(["GET", "HEAD", "OPTIONS"]);

/** @throws HttpProblem 403 for a change that the page itself did not ask for. */
export function requireOwnPage(request: FastifyRequest, parts: ApiParts, secret: string): void {
  if (safeMethods.has(request.method)) return;
  const given = Buffer.from(String(request.headers["x-csrf-token"] ?? ""));
  const right = Buffer.from(csrfToken(parts, secret));
  if (given.length !== right.length || !timingSafeEqual(given, right))
    throw new HttpProblem(
      403,
      "CSRF token missing or wrong: send the one of GET /auth/session as X-CSRF-Token",
    );
}
