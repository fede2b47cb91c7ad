/** Artifacts of runs, models and versions: lists, and downloads for pages. */
import type { FastifyRequest } from "fastify";
import { type ArtifactStore, artifactPath } from "../../artifacts/artifact-store.ts";
import { TradewindError } from "../../errors.ts";
import { getLoggedModel } from "../../store/tracking/logged-models.ts";
import { getModelVersion } from "../../store/tracking/model-versions.ts";
import { getRun, requireActiveRun } from "../../store/tracking/runs.ts";
import type { ApiApp } from "../app.ts";
import { can } from "../auth/access.ts";
import { sendArtifact } from "./artifact-answer.ts";
import { readVersionNumber } from "./model-versions.ts";
import { readParams } from "./params.ts";
import { callsOf, type MlflowParts, prefixes, type Rpc } from "./rpc.ts";

const { read, edit } = callsOf("Experiments");

/** The place in the proxy's store of what a URI names; null for one that clients reach themselves. */
export function placeOf(uri: string): string | null {
  const match = /^mlflow-artifacts:(?:\/\/[^/]*)?\/*(.*)$/.exec(uri);
  return match === null ? null : artifactPath(match[1] ?? "");
}

function requirePlace(uri: string, path: string): string {
  const root = placeOf(uri);
  const below = artifactPath(path);
  if (root !== null) return below === "" ? root : `${root}/${below}`;
  throw new TradewindError(
    "TW_TRACKING_VALUE",
    `expected artifacts behind the proxy (mlflow-artifacts:/…), got ${uri}: ask that store itself`,
  );
}

/** Paths are relative to the run's or the model's folder. */
export async function folderAnswer(artifacts: ArtifactStore, uri: string, path: string) {
  const entries = await artifacts.list(requirePlace(uri, path));
  const folder = artifactPath(path);
  return {
    root_uri: uri,
    ...(entries.length === 0
      ? {}
      : {
          files: entries.map(({ name, isFolder, size }) => ({
            path: folder === "" ? name : `${folder}/${name}`,
            is_dir: isFolder,
            ...(size === null ? {} : { file_size: size }),
          })),
        }),
  };
}

const longestPresignedSeconds = 7 * 86_400;

async function presigned(
  { given }: Parameters<Rpc["handle"]>[0],
  { database, artifacts }: MlflowParts,
  action: "read" | "write",
) {
  const path = given.requiredText("path");
  const modelId = given.text("model_id");
  const uri = modelId
    ? (await getLoggedModel(database, modelId)).artifactUri
    : (await (action === "read" ? getRun : requireActiveRun)(database, given.runId())).artifactUri;
  const seconds = Math.min(Math.max(given.int("expiration") ?? 900, 1), longestPresignedSeconds);
  const access = await artifacts.directAccess(requirePlace(uri, path), action, seconds);
  if (access === null)
    throw new TradewindError(
      "TW_NOT_IMPLEMENTED",
      "Presigned URLs are not supported by the artifact store, which is a local folder: send and fetch through the proxy",
    );
  return { presigned_url: access.url, headers: access.headers };
}

export const artifactCalls: readonly Rpc[] = [
  read("GET", "artifacts/list", async ({ given }, { database, artifacts }) => {
    const run = await getRun(database, given.runId());
    return folderAnswer(artifacts, run.artifactUri, given.text("path") ?? "");
  }),
  edit("POST", "artifacts/presigned-upload-url", (call, parts) => presigned(call, parts, "write")),
  read("POST", "artifacts/presigned-download-url", (call, parts) => presigned(call, parts, "read")),
];

const readable = { config: { access: can("read", "Experiments") }, schema: { hide: true } } as const;

/** Downloads as pages ask for them. */
export function registerDownloads(app: ApiApp, { database, artifacts }: MlflowParts): void {
  const given = (request: FastifyRequest) => readParams(request);
  for (const base of ["", "/ajax-api/2.0/mlflow", "/ajax-api/3.0/mlflow"]) {
    app.get(`${base}/get-artifact`, readable, async (request, reply) => {
      const run = await getRun(database, given(request).runId());
      return sendArtifact(
        artifacts,
        requirePlace(run.artifactUri, given(request).requiredText("path")),
        reply,
      );
    });
    app.get(
      `${base}/model-versions/get-artifact`,
      { ...readable, config: { access: can("read", "Registered Models") } },
      async (request, reply) => {
        const { name, version } = {
          name: given(request).requiredText("name"),
          version: readVersionNumber(given(request).requiredText("version")),
        };
        const { storageLocation } = await getModelVersion(database, name, version);
        return sendArtifact(
          artifacts,
          requirePlace(storageLocation, given(request).requiredText("path")),
          reply,
        );
      },
    );
  }
  for (const prefix of prefixes)
    app.get(`${prefix}/mlflow/logged-models/:model_id/artifacts/files`, readable, async (request, reply) => {
      const model = await getLoggedModel(database, given(request).requiredText("model_id"));
      const path = given(request).requiredText("artifact_file_path");
      return sendArtifact(artifacts, requirePlace(model.artifactUri, path), reply);
    });
}
