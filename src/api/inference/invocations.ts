/** MLflow's scoring protocol: `/invocations`, and `/ping`, `/health` and `/version` beside it. */
import type { FastifyReply, FastifyRequest } from "fastify";
import { type Invocation, parseCsvInvocation, parseInvocation } from "../../ml/serving/invocation-body.ts";
import { version } from "../../version.ts";
import type { ApiApp } from "../app.ts";
import type { Access } from "../auth/access.ts";
import { HttpProblem } from "../http-problem.ts";
import type { Answering } from "./answering.ts";

const contentTypes = ["application/json", "text/csv"];

/** Bodies of CSV as text; of other types than these two, the answer names the two. */
export function readScoringBodies(app: ApiApp): void {
  app.addContentTypeParser("text/csv", { parseAs: "string" }, (_request, body, done) => done(null, body));
  app.addContentTypeParser("*", (request, _payload, done) => {
    const type = request.headers["content-type"] ?? "none";
    const what = `This predictor only supports the following content types: ${contentTypes.join(", ")}. Got '${type}'.`;
    done(new HttpProblem(415, what), undefined);
  });
}

/**
 * @param path `/invocations`, or one with `:name`, the endpoint.
 * @param only The name that is meant where the path has none.
 */
export function registerInvocations(
  app: ApiApp,
  { path, only, access }: { path: string; only?: string; access: Access },
  answering: Answering,
): void {
  app.post(path, { config: { access, audit: false }, schema: { hide: true } }, async (request, reply) => {
    const { name = only ?? "" } = (request.params ?? {}) as { name?: string };
    const { input, params } = await readInvocation(request);
    const answer = await answering.answer(name, { input, params, key: keyOf(request) });
    tellWho(reply, answer);
    return { predictions: answer.prediction.predictions };
  });
}

/** What a load balancer and MLflow's clients ask of a model server. */
export function registerScoringHealth(app: ApiApp): void {
  for (const path of ["/ping", "/health"])
    app.get(path, { config: { access: "public" }, schema: { hide: true } }, (_request, reply) =>
      reply.type("application/json").send("\n"),
    );
  app.get("/version", { config: { access: "public" }, schema: { hide: true } }, (_request, reply) =>
    reply.type("text/plain").send(version),
  );
}

async function readInvocation(request: FastifyRequest): Promise<Invocation> {
  const type = request.headers["content-type"] ?? "";
  if (!type.startsWith("text/csv")) return parseInvocation(request.body);
  return await parseCsvInvocation(String(request.body));
}

/** Requests of one key are answered by one variant. */
export function keyOf(request: FastifyRequest): string | null {
  const key = request.headers["x-routing-key"];
  return typeof key === "string" && key !== "" ? key : null;
}

export function tellWho(
  reply: FastifyReply,
  answer: { requestId: string; variant: string; model: { version: string | null } },
): void {
  void reply.header("x-tradewind-request-id", answer.requestId);
  void reply.header("x-tradewind-variant", answer.variant);
  if (answer.model.version !== null) void reply.header("x-tradewind-model-version", answer.model.version);
}
