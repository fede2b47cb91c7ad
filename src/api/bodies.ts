/** What comes after the headers: JSON, and not for ever. */
import type { FastifyRequest } from "fastify";
import type { Timer } from "../time.ts";
import type { ApiApp } from "./app.ts";
import { InvalidRequest } from "./invalid-request.ts";
import type { ApiParts } from "./parts.ts";

const deepest = 100;

/** JSON by any of its media types; an empty body is none, as clients send it with every PATCH and PUT. */
export function readJsonBodies(app: ApiApp): void {
  // "error": a key `__proto__` or `constructor` is refused.
  const parse = app.getDefaultJsonParser("error", "error");
  app.removeContentTypeParser("application/json");
  app.addContentTypeParser<string>(
    /^application\/([\w.-]+\+)?json/,
    { parseAs: "string" },
    (request, body, done) => {
      if (body.trim() === "") return done(null, undefined);
      return parse(request, body, (error, value) => {
        if (error !== null) return done(notJson(error.message));
        const wrong = unstorable(body, value);
        return done(wrong === null ? null : notJson(wrong), value);
      });
    },
  );
}

/** No text of ours holds a NUL, which PostgreSQL cannot; and nobody means lists in lists a hundred deep. */
function unstorable(text: string, value: unknown): string | null {
  if (text.includes("\\u0000") && /(?<!\\)(?:\\\\)*\\u0000/.test(text))
    return "the character U+0000 is not allowed";
  return hasLevels(value, deepest + 1) ? `more than ${deepest} levels of lists and objects` : null;
}

/** Whether something lies so many levels down. Makes no lists on its way: a body may hold a million numbers. */
function hasLevels(value: unknown, levels: number): boolean {
  if (levels === 0) return true;
  if (typeof value !== "object" || value === null) return false;
  const parts: readonly unknown[] = Array.isArray(value) ? value : Object.values(value);
  if (levels === 1) return parts.length > 0;
  for (const part of parts)
    if (typeof part === "object" && part !== null && hasLevels(part, levels - 1)) return true;
  return false;
}

function notJson(message: string): InvalidRequest {
  const reason = message.replace(/^Body is not valid JSON but content-type is set to .*$/, "not valid JSON");
  return new InvalidRequest([
    { type: "json_invalid", loc: ["body", 0], msg: "JSON decode error", input: {}, ctx: { error: reason } },
  ]);
}

/** A client that sends its body by drops is cut off, unless the route takes uploads. */
export function limitBodies(app: ApiApp, { clock, config }: ApiParts): void {
  const waiting = new WeakMap<FastifyRequest, Timer>();
  const arrived = async (request: FastifyRequest): Promise<void> => waiting.get(request)?.cancel();
  app.addHook("onRequest", async (request) => {
    const { headers, raw } = request;
    const hasBody = headers["transfer-encoding"] !== undefined || Number(headers["content-length"] ?? 0) > 0;
    if (!hasBody || request.routeOptions.config.longUpload === true) return;
    waiting.set(
      request,
      clock.after(config.api.bodyTimeoutSeconds * 1000, () => raw.destroy()),
    );
  });
  app.addHook("preValidation", arrived);
  app.addHook("onResponse", arrived);
}
