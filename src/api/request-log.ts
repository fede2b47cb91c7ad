/** One line for each request, when it is answered. The query stays out of it: it may hold a token. */
import { randomBytes } from "node:crypto";
import type { ApiApp } from "./app.ts";
import type { ApiParts } from "./parts.ts";

export function logRequests(app: ApiApp, { log }: ApiParts): void {
  app.setGenReqId(() => randomBytes(8).toString("hex"));
  app.addHook("onSend", async (request, reply) => {
    reply.header("x-request-id", request.id);
  });
  app.addHook("onResponse", async (request, reply) => {
    const path = request.url.split("?", 1)[0] ?? "";
    const line = {
      request: request.id,
      method: request.method,
      path,
      status: reply.statusCode,
      ms: Math.round(reply.elapsedTime * 10) / 10,
      user: request.user?.username,
    };
    log[reply.statusCode >= 500 ? "error" : "debug"](line, "answered");
  });
}
