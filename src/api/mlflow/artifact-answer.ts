/** A file of the artifact store as an answer: streamed, of the type that its name says, and never run by a browser. */
import { basename, extname } from "node:path";
import type { FastifyReply } from "fastify";
import type { ArtifactStore } from "../../artifacts/artifact-store.ts";
import { TradewindError } from "../../errors.ts";

/** Shown as plain text, as MLflow's server does; anything else that a browser would interpret is not in it. */
const textNames = new Set(["mlmodel", "mlproject"]);
const textExtensions =
  "txt log err cfg conf cnf cf ini properties prop hocon toml yaml yml xml json js py py3 csv tsv md rst jsonnet sh sql";

const types: Readonly<Record<string, string>> = {
  ...Object.fromEntries(textExtensions.split(" ").map((extension) => [`.${extension}`, "text/plain"])),
  ".json": "application/json",
  ".csv": "text/csv",
  ".html": "text/html",
  ".htm": "text/html",
  ".png": "image/png",
  ".jpg": "image/jpeg",
  ".jpeg": "image/jpeg",
  ".gif": "image/gif",
  ".webp": "image/webp",
  ".svg": "image/svg+xml",
  ".pdf": "application/pdf",
  ".zip": "application/zip",
  ".gz": "application/gzip",
};

export function mediaType(path: string): string {
  const name = basename(path).toLowerCase();
  return textNames.has(name) ? "text/plain" : (types[extname(name)] ?? "application/octet-stream");
}

/** @throws TradewindError TW_ARTIFACT_NOT_FOUND: as JSON, also where a folder stands, which clients rely on. */
export async function sendArtifact(
  artifacts: ArtifactStore,
  path: string,
  reply: FastifyReply,
): Promise<FastifyReply> {
  const found = await artifacts.read(path);
  if (found === null) throw new TradewindError("TW_ARTIFACT_NOT_FOUND", `Artifact '${path}' not found`);
  return reply
    .header("content-type", mediaType(path))
    .header("content-length", found.size)
    .header("content-disposition", `attachment; filename*=UTF-8''${encodeURIComponent(basename(path))}`)
    .header("x-content-type-options", "nosniff")
    .header("content-security-policy", "sandbox; default-src 'none'")
    .send(found.stream);
}
