/** Who asks, found before the route's access is checked: HTTP Basic (RFC 7617) with a name and a password. */
import type { FastifyRequest } from "fastify";
import { authenticate } from "../../store/users.ts";
import type { ApiApp } from "../app.ts";
import { HttpProblem } from "../http-problem.ts";
import type { ApiParts } from "../parts.ts";
import { nobody, type Principal } from "./principal.ts";

export function recogniseUsers(app: ApiApp, parts: ApiParts): void {
  app.decorateRequest("user");
  app.addHook("onRequest", async (request) => {
    request.user = await whoAsks(request, parts);
  });
}

async function whoAsks(request: FastifyRequest, parts: ApiParts): Promise<Principal> {
  const header = request.headers.authorization;
  const basic = header === undefined ? null : /^Basic ([\w+/=-]+)$/i.exec(header.trim());
  if (basic === null) return nobody;
  const text = Buffer.from(basic[1] ?? "", "base64").toString("utf8");
  const colon = text.indexOf(":");
  const user =
    colon < 0 ? null : await authenticate(parts.database, text.slice(0, colon), text.slice(colon + 1));
  if (user === null) throw new HttpProblem(401, "Invalid credentials");
  return { id: user.id, username: user.username, roles: user.roles };
}
