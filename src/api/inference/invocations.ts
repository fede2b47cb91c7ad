/** MLflow's scoring protocol: `/invocations`, and `/ping`, `/health` and `/version` beside it. */
import type { FastifyReply, FastifyRequest } from "fastify";
import type { EndpointAnswer } from "../../ml/serving/endpoint-service.ts";
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
  app.post(path, { config: { access, audit: false }, schema: { hide: true } }, (request, reply) => {
    const { name = only ?? "" } = (request.params ?? {}) as { name?: string };
    const key = keyOf(request);
    const answer = ({ input, params }: Invocation): Promise<EndpointAnswer> | EndpointAnswer =>
      answering.answer(name, { input, params, key });
    const isCsv = (request.headers["content-type"] ?? "").startsWith("text/csv");
    const answered = isCsv
      ? parseCsvInvocation(String(request.body)).then(answer)
      : answer(parseInvocation(request.body));
    // An answer that is there is sent within the call: each promise costs a turn in which other requests wait.
    if (!(answered instanceof Promise)) return sendAnswer(reply, answered);
    return answered.then((own) => sendAnswer(reply, own));
  });
}

function sendAnswer(reply: FastifyReply, answer: EndpointAnswer): FastifyReply {
  tellWho(reply, answer);
  void reply.header("content-type", "application/json; charset=utf-8");
  return reply.send(JSON.stringify({ predictions: answer.prediction.predictions }));
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
