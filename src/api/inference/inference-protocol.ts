/** The Open Inference Protocol, version 2, over REST. Its errors are `{"error": "…"}`. */
import type { FastifyError } from "fastify";
import { z } from "zod";
import { TradewindError } from "../../errors.ts";
import {
  datatypes,
  type InferTensor,
  metadataOf,
  rowsOf,
  tensorsOf,
} from "../../ml/serving/inference-protocol.ts";
import { version } from "../../version.ts";
import type { ApiApp } from "../app.ts";
import type { Access } from "../auth/access.ts";
import { HttpProblem } from "../http-problem.ts";
import { InvalidRequest } from "../invalid-request.ts";
import type { Answering } from "./answering.ts";
import { keyOf, tellWho } from "./invocations.ts";

const Parameters = z.record(z.string(), z.unknown()).default({});
const Infer = z.object({
  id: z.string().max(1000).optional(),
  parameters: Parameters,
  inputs: z
    .array(
      z.object({
        name: z.string(),
        shape: z.array(z.int().min(0)),
        datatype: z.enum(datatypes),
        parameters: Parameters,
        data: z.array(z.unknown()),
      }),
    )
    .min(1),
  outputs: z.array(z.object({ name: z.string(), parameters: Parameters })).optional(),
});

const Model = z.object({ name: z.string() });
const paths = ["/v2/models/:name", "/v2/models/:name/versions/:version"] as const;

/** In a scope of its own, since its errors look unlike those of its neighbours. */
export function registerInferenceProtocol(app: ApiApp, access: Access, answering: Answering): void {
  answerErrors(app);
  const open = { config: { access: "public" as const } };
  app.get("/v2", { ...open, schema: { tags: ["Inference"] } }, () => ({
    name: "tradewind",
    version,
    extensions: [],
  }));
  app.get("/v2/health/live", { ...open, schema: { tags: ["Inference"] } }, () => ({ live: true }));
  app.get("/v2/health/ready", { ...open, schema: { tags: ["Inference"] } }, () => ({ ready: true }));
  for (const path of paths) registerModel(app, path, access, answering);
}

function registerModel(app: ApiApp, path: string, access: Access, answering: Answering): void {
  const config = { access, audit: false };
  const named = { tags: ["Inference"], params: Model.loose() };
  app.get(path, { config, schema: named }, async ({ params }) => {
    const { model, version: current } = await answering.describe(params.name);
    refuseOther(params, current);
    return {
      name: params.name,
      versions: current === null ? [] : [current],
      platform: model.platform,
      inputs: metadataOf(model.signature),
      outputs: [{ name: "predict", datatype: "FP64", shape: [-1, 1] }],
    };
  });
  app.get(`${path}/ready`, { config, schema: named }, async ({ params }) => {
    const { version: current } = await answering.describe(params.name);
    refuseOther(params, current);
    return { name: params.name, ready: true };
  });
  app.post(`${path}/infer`, { config, schema: { ...named, body: Infer } }, async (request, reply) => {
    const { params, body } = request;
    if (params["version"] !== undefined) refuseOther(params, (await answering.describe(params.name)).version);
    const input = rowsOf(body.inputs as readonly InferTensor[]);
    const answer = await answering.answer(params.name, {
      input,
      params: body.parameters,
      key: keyOf(request),
    });
    tellWho(reply, answer);
    return {
      model_name: params.name,
      ...(answer.model.version === null ? {} : { model_version: answer.model.version }),
      id: body.id ?? answer.requestId,
      outputs: tensorsOf(answer.prediction, body.outputs?.map(({ name }) => name) ?? null),
    };
  });
}

/** A name answers by the version that its endpoint has; another one has to be asked for by an endpoint of its own. */
function refuseOther(params: { [name: string]: unknown }, current: string | null): void {
  const asked = params["version"];
  if (asked === undefined || asked === current) return;
  throw new HttpProblem(
    404,
    `${String(params["name"])} answers by version ${current}, not by ${String(asked)}`,
  );
}

function answerErrors(app: ApiApp): void {
  app.setErrorHandler((error, request, reply) => {
    const { status, message } = problemOf(error as Error);
    if (status >= 500) request.log.error({ err: error }, "a prediction failed");
    reply.code(status).header("content-type", "application/json; charset=utf-8");
    reply.serializer((text: unknown) => text as string);
    reply.send(JSON.stringify({ error: message }));
  });
}

function problemOf(error: Error): { status: number; message: string } {
  if (error instanceof HttpProblem) return { status: error.status, message: error.message };
  if (error instanceof InvalidRequest)
    return {
      status: 400,
      message: error.complaints.map(({ loc, msg }) => `${loc.slice(1).join(".")}: ${msg}`).join("; "),
    };
  if (error instanceof TradewindError) {
    const { httpStatus, summary } = error.kind;
    return { status: httpStatus, message: httpStatus < 500 ? error.message : summary };
  }
  const { statusCode = 500, message } = error as FastifyError;
  return { status: statusCode, message: statusCode < 500 ? message : "Internal Server Error" };
}
