/** Zod schemas as Fastify's compilers: requests are checked and read with them, answers are written by them. */
import type { FastifySerializerCompiler } from "fastify/types/schema.js";
import type { z } from "zod";
import { TradewindError } from "../errors.ts";
import type { ApiApp } from "./app.ts";
import { complaintsOf, InvalidRequest, type RequestPart } from "./invalid-request.ts";
import { readTexts } from "./query-values.ts";

const parts: Readonly<Record<string, RequestPart>> = {
  body: "body",
  querystring: "query",
  params: "path",
  headers: "header",
};

/** Sets both compilers for `app` and everything registered in it. */
export function validateWithZod(app: ApiApp): void {
  app.setValidatorCompiler<z.ZodType>(({ schema, httpPart }) => {
    const part = parts[httpPart ?? "body"] ?? "body";
    return (data: unknown) => {
      const input = part === "body" ? data : readTexts(schema, data);
      const read = schema.safeParse(input);
      if (read.success) return { value: read.data };
      return { error: new InvalidRequest(complaintsOf(part, schema, read.error.issues, input)) };
    };
  });
  app.setSerializerCompiler(writeWithZod);
}

/** An answer that its own schema refuses is our fault: it becomes a 500, and the log says which field. */
const writeWithZod: FastifySerializerCompiler<z.ZodType> = ({ schema, method, url }) => {
  return (data: unknown) => {
    const written = schema.safeEncode(data as never);
    if (written.success) return JSON.stringify(written.data);
    const problems = written.error.issues.map(({ path, message }) => `${path.join(".")}: ${message}`);
    throw new TradewindError(
      "TW_INTERNAL",
      `the answer of ${method} ${url} does not fit its schema: ${problems.slice(0, 5).join("; ")}`,
    );
  };
};
