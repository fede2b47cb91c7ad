/** `POST /v1/traces`: spans from MLflow's client, and from anything that exports OpenTelemetry over HTTP. */
import { promisify } from "node:util";
import { gunzip, inflate } from "node:zlib";
import type { FastifyRequest } from "fastify";
import { refuse } from "../../core/tracking/limits.ts";
import { putSpans } from "../../store/tracking/traces.ts";
import type { ApiApp } from "../app.ts";
import { can } from "../auth/access.ts";
import { readOtlpSpans } from "./otlp.ts";
import type { MlflowParts } from "./rpc.ts";

/** After unpacking, so that a few bytes cannot fill the memory. */
const mostBytes = 64 * 1024 * 1024;

async function unpacked(body: Buffer, encoding: string | undefined): Promise<Buffer> {
  if (encoding === undefined || encoding === "identity") return body;
  const unpack = encoding === "gzip" ? gunzip : encoding === "deflate" ? inflate : null;
  if (unpack === null) throw refuse(`Unsupported Content-Encoding: '${encoding}'. Expected gzip or deflate`);
  try {
    return await promisify(unpack as typeof gunzip)(body, { maxOutputLength: mostBytes });
  } catch (cause) {
    throw refuse(`Failed to decompress the ${encoding} payload: ${(cause as Error).message}`);
  }
}

function experimentOf(request: FastifyRequest): string {
  const id = request.headers["x-mlflow-experiment-id"];
  if (typeof id !== "string" || id === "")
    throw refuse(
      "Missing value for required header 'x-mlflow-experiment-id': expected the id of an experiment",
    );
  return id;
}

async function registerRoute(app: ApiApp, { database }: MlflowParts): Promise<void> {
  app.removeAllContentTypeParsers();
  app.addContentTypeParser("*", { parseAs: "buffer" }, (_request, body, done) => done(null, body));
  app.post(
    "/v1/traces",
    { config: { access: can("create", "Experiments") }, schema: { hide: true } },
    async (request, reply) => {
      const type = request.headers["content-type"];
      if (type !== "application/x-protobuf")
        throw refuse(`Invalid Content-Type: ${type}. Expected: application/x-protobuf`);
      const experimentId = experimentOf(request);
      const body = await unpacked(
        (request.body as Buffer | undefined) ?? Buffer.alloc(0),
        request.headers["content-encoding"],
      );
      const traces = Map.groupBy(readOtlpSpans(body), ({ traceId }) => traceId);
      for (const [traceId, spans] of traces) await putSpans(database, { traceId, experimentId }, spans);
      // An empty ExportTraceServiceResponse is no bytes.
      return reply.type("application/x-protobuf").send(Buffer.alloc(0));
    },
  );
}

export async function registerOtlp(app: ApiApp, parts: MlflowParts): Promise<void> {
  await app.register(async (scope) => registerRoute(scope as unknown as ApiApp, parts));
}
