/** `/auth/oidc/login` leads to the provider, `/auth/oidc/callback` is where it sends the browser back. */
import { z } from "zod";
import { addAuditEntry } from "../../store/audit-log.ts";
import { signInExternally } from "../../store/sign-in.ts";
import type { ApiApp } from "../app.ts";
import { HttpProblem } from "../http-problem.ts";
import type { ApiParts } from "../parts.ts";
import { ownPath, pathPrefix, publicAddress } from "../public-address.ts";
import { Oidc } from "./oidc.ts";
import { startSession } from "./session-cookie.ts";

const pendingCookie = "_oidc";
const pendingSeconds = 600;

const Providers = z
  .object({
    password: z.boolean(),
    oidc: z.object({ name: z.string(), path: z.string() }).nullable(),
  })
  .meta({ id: "SignInProviders" });

export function registerOidcRoutes(app: ApiApp, parts: ApiParts): void {
  const { database, clock, config, secrets } = parts;
  const oidc = new Oidc(config, secrets);
  const prefix = pathPrefix(config);
  const open = { access: "public" } as const;
  const tags = ["Login"];
  app.get(
    "/auth/providers",
    { config: open, schema: { tags, summary: "Ways to sign in", response: { 200: Providers } } },
    async () => ({
      password: true,
      oidc: oidc.name === null ? null : { name: oidc.name, path: `${prefix}/auth/oidc/login` },
    }),
  );
  if (oidc.name === null) return;
  const cookie = { httpOnly: true, sameSite: "lax", path: `${prefix}/auth/oidc` } as const;
  app.get(
    "/auth/oidc/login",
    { config: open, schema: { tags, hide: true, querystring: z.object({ next: z.string().optional() }) } },
    async (request, reply) => {
      const callback = `${publicAddress(request, config)}/auth/oidc/callback`;
      const { url, pending } = await oidc.begin(callback, ownPath(request.query.next, prefix));
      reply.setCookie(pendingCookie, pending, { ...cookie, maxAge: pendingSeconds });
      return reply.redirect(url.href, 302);
    },
  );
  app.get("/auth/oidc/callback", { config: open, schema: { tags, hide: true } }, async (request, reply) => {
    const path = request.url.slice(request.url.indexOf("/auth/oidc/callback"));
    const returned = new URL(`${publicAddress(request, config)}${path}`);
    const { person, next } = await oidc.finish(returned, request.cookies[pendingCookie]);
    const user = await signInExternally(database, person, clock.now());
    if (!user.isActive) throw new HttpProblem(403, `The user ${user.username} is switched off`);
    reply.clearCookie(pendingCookie, cookie);
    await startSession(reply, parts, user.id);
    const extra = JSON.stringify({ from: request.ip, provider: config.oidc.issuer });
    await addAuditEntry(database, { event: "login", owner: user.username, extra }, clock.now());
    return reply.redirect(next, 302);
  });
}
