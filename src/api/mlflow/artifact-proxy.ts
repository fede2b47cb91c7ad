/**
 * The artifact proxy: clients whose artifacts lie at `mlflow-artifacts:/…` send and fetch the bytes here, below
 * `mlflow-artifacts/`. Bodies stream; a file is there when its upload is whole.
 */
import { basename } from "node:path/posix";
import type { Readable } from "node:stream";
import type { FastifyRequest } from "fastify";
import { artifactPath } from "../../artifacts/artifact-store.ts";
import { TradewindError } from "../../errors.ts";
import type { ApiApp } from "../app.ts";
import { can } from "../auth/access.ts";
import { sendArtifact } from "./artifact-answer.ts";
import { readParams } from "./params.ts";
import { type MlflowParts, prefixes } from "./rpc.ts";
import { touchedByUpload } from "./touched.ts";

const readable = { config: { access: can("read", "Experiments") }, schema: { hide: true } } as const;
const writable = {
  config: { access: can("edit", "Experiments"), longUpload: true },
  schema: { hide: true },
} as const;

/** What stands in the URL behind the route's own part; decoded once. */
function pathOf(request: FastifyRequest): string {
  const { "*": rest } = request.params as { "*": string };
  const path = artifactPath(rest);
  if (path !== "") return path;
  throw new TradewindError("TW_ARTIFACT_PATH", "Invalid path: expected the path of an artifact, got none");
}

function sizeOf(request: FastifyRequest): number | null {
  const length = request.headers["content-length"];
  return length === undefined ? null : Number(length);
}

function contentOf(request: FastifyRequest): Readable {
  return (request.body as Readable | undefined) ?? request.raw;
}

/** Uploads: their bodies are bytes, whatever type they say they are of. */
function registerUploads(app: ApiApp, { artifacts, news }: MlflowParts): void {
  app.removeAllContentTypeParsers();
  app.addContentTypeParser("*", (_request, payload, done) => done(null, payload));
  for (const prefix of prefixes) {
    const base = `${prefix}/mlflow-artifacts`;
    app.put(`${base}/artifacts/*`, writable, async (request, reply) => {
      const path = pathOf(request);
      await artifacts.write(path, contentOf(request), sizeOf(request));
      news.changed(...touchedByUpload(path));
      return reply.type("application/json").send("{}");
    });
    // Clients send parts without signing in: the id, which nobody can guess, is what lets them.
    app.put(
      `${base}/mpu/part/:upload_id/:number/*`,
      { ...writable, config: { access: "public", longUpload: true } },
      async (request, reply) => {
        const { upload_id, number } = request.params as { upload_id: string; number: string };
        const path = pathOf(request);
        const etag = await artifacts.writePart(
          path,
          upload_id,
          Number(number),
          contentOf(request),
          sizeOf(request),
        );
        return reply.header("etag", etag).send("");
      },
    );
  }
}

function registerDownloads(app: ApiApp, { artifacts }: MlflowParts): void {
  for (const prefix of prefixes) {
    const base = `${prefix}/mlflow-artifacts`;
    app.get(`${base}/artifacts/*`, readable, (request, reply) =>
      sendArtifact(artifacts, pathOf(request), reply),
    );
    app.get(`${base}/artifacts`, readable, async (request) => {
      const path = artifactPath(readParams(request).text("path") ?? "");
      const entries = await artifacts.list(path);
      // Names alone: clients put the folder before them.
      return entries.length === 0
        ? {}
        : {
            files: entries.map(({ name, isFolder, size }) => ({
              path: name,
              is_dir: isFolder,
              ...(size === null ? {} : { file_size: size }),
            })),
          };
    });
    app.delete(`${base}/artifacts/*`, writable, async (request) => {
      await artifacts.remove(pathOf(request));
      return {};
    });
    app.get(`${base}/presigned/*`, readable, async (request) => {
      const path = pathOf(request);
      const access = await artifacts.directAccess(path, "read", presignedSeconds);
      if (access === null) throw throughProxyOnly();
      const found = await artifacts.read(path);
      if (found === null) throw new TradewindError("TW_ARTIFACT_NOT_FOUND", `Artifact '${path}' not found`);
      found.stream.destroy();
      return { url: access.url, headers: access.headers, file_size: found.size };
    });
  }
}

const presignedSeconds = 900;

function throughProxyOnly(): TradewindError {
  return new TradewindError(
    "TW_NOT_IMPLEMENTED",
    "Presigned URLs are not supported by the artifact store, which is a local folder: fetch the artifact through the proxy",
  );
}

function registerMultipart(app: ApiApp, { artifacts }: MlflowParts): void {
  for (const prefix of prefixes) {
    const base = `${prefix}/mlflow-artifacts/mpu`;
    app.post(`${base}/create/*`, writable, async (request) => {
      const path = fileIn(request);
      const parts = readParams(request).requiredInt("num_parts");
      const uploadId = await artifacts.startUpload(path);
      const credentials = await Promise.all(
        Array.from({ length: parts }, async (_, index) => {
          const access = await artifacts.partAccess(path, uploadId, index + 1);
          const own = `${originOf(request)}${prefix}/mlflow-artifacts/mpu/part/${uploadId}/${index + 1}/${encodePath(path)}`;
          return { url: access?.url ?? own, part_number: index + 1, headers: access?.headers ?? {} };
        }),
      );
      return { upload_id: uploadId, credentials };
    });
    app.post(`${base}/complete/*`, writable, async (request) => {
      const given = readParams(request);
      const parts = given.list("parts").map((part) => ({
        number: part.requiredInt("part_number"),
        etag: part.text("etag") ?? "",
      }));
      await artifacts.completeUpload(fileIn(request), given.requiredText("upload_id"), parts);
      return {};
    });
    app.post(`${base}/abort/*`, writable, async (request) => {
      await artifacts.abortUpload(fileIn(request), readParams(request).requiredText("upload_id"));
      return {};
    });
  }
}

/** The folder stands in the URL; in the body the client's own path of the file, of which the name counts. */
function fileIn(request: FastifyRequest): string {
  const folder = (request.params as { "*": string })["*"];
  const given = readParams({ params: {}, query: {}, body: request.body }).requiredText("path");
  return artifactPath(`${folder}/${basename(given)}`.replace(/^\/+/, ""));
}

const encodePath = (path: string): string => path.split("/").map(encodeURIComponent).join("/");

function originOf(request: FastifyRequest): string {
  return `${request.protocol}://${request.host}`;
}

export async function registerArtifactProxy(app: ApiApp, parts: MlflowParts): Promise<void> {
  registerDownloads(app, parts);
  registerMultipart(app, parts);
  await app.register(async (scope) => registerUploads(scope as unknown as ApiApp, parts));
}
