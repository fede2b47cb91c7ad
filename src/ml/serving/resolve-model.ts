/**
 * Where a reference leads: `models:/iris/3`, `models:/iris@champion`, `models:/iris/Production`, `models:/iris/latest`,
 * or a folder of this machine. The files of a version are brought into a folder of the home once: versions do not
 * change, and a server then needs neither the store nor the network to answer.
 */
import { createHash } from "node:crypto";
import { createWriteStream, existsSync } from "node:fs";
import { mkdir, rename, rm } from "node:fs/promises";
import { isAbsolute, join } from "node:path";
import { pipeline } from "node:stream/promises";
import { fileURLToPath } from "node:url";
import type { ArtifactStore } from "../../artifacts/artifact-store.ts";
import { type ModelStage, modelStages } from "../../core/tracking/entities.ts";
import { TradewindError } from "../../errors.ts";
import type { Executor } from "../../store/connect.ts";
import { getModelVersion, latestVersions } from "../../store/tracking/model-versions.ts";
import { getVersionByAlias } from "../../store/tracking/registered-models.ts";
import type { ResolvedModel } from "./model-host.ts";

export interface ResolverParts {
  readonly database: Executor;
  readonly artifacts: Pick<ArtifactStore, "list" | "read">;
  /** Where the files of versions are kept. */
  readonly cacheFolder: string;
}

/** @throws TradewindError TW_MODEL_REFERENCE for a reference of no known form; TW_TRACKING_NOT_FOUND. */
export async function resolveModel(parts: ResolverParts, reference: string): Promise<ResolvedModel> {
  if (isAbsolute(reference)) return { name: reference, version: null, folder: reference };
  if (reference.startsWith("file:"))
    return { name: reference, version: null, folder: fileURLToPath(reference) };
  const match = /^models:\/+([^/@]+)(?:@([^/]+)|\/([^/]+))$/.exec(reference);
  const [, name, alias, which] = match ?? [];
  if (name === undefined)
    throw new TradewindError(
      "TW_MODEL_REFERENCE",
      `expected models:/name/version, models:/name@alias, models:/name/latest or a folder, got ${JSON.stringify(reference.slice(0, 300))}`,
    );
  const { version, storageLocation } =
    alias === undefined
      ? await versionOf(parts.database, name, which ?? "")
      : await getVersionByAlias(parts.database, name, alias);
  return { name, version: String(version), folder: await bring(parts, storageLocation) };
}

async function versionOf(database: Executor, name: string, which: string) {
  if (/^\d+$/.test(which)) return getModelVersion(database, name, Number(which));
  const stage = modelStages.find((one) => one.toLowerCase() === which.toLowerCase());
  const stages: ModelStage[] = stage === undefined ? [] : [stage];
  if (stage === undefined && which !== "latest")
    throw new TradewindError(
      "TW_MODEL_REFERENCE",
      `models:/${name}/: expected a version, latest, or one of ${modelStages.join(", ")}, got ${which}`,
    );
  const newest = (await latestVersions(database, name, stages)).at(-1);
  if (newest !== undefined) return newest;
  throw new TradewindError("TW_TRACKING_NOT_FOUND", `${name} has no version${stage ? ` in ${stage}` : ""}`);
}

const proxied = /^mlflow-artifacts:\/+/;

async function bring({ artifacts, cacheFolder }: ResolverParts, location: string): Promise<string> {
  if (isAbsolute(location)) return location;
  if (location.startsWith("file:")) return fileURLToPath(location);
  if (!proxied.test(location))
    throw new TradewindError(
      "TW_MODEL_REFERENCE",
      `expected a model in the artifact store or in a folder, got ${location}`,
    );
  const folder = join(cacheFolder, createHash("sha256").update(location).digest("hex").slice(0, 32));
  if (existsSync(folder)) return folder;
  // Whole or not at all: a start that was broken off leaves no half of a model behind.
  const staging = `${folder}.${process.pid}.part`;
  await rm(staging, { recursive: true, force: true });
  try {
    await copyFolder(artifacts, location.replace(proxied, ""), staging);
    await rename(staging, folder);
  } catch (error) {
    await rm(staging, { recursive: true, force: true });
    // Another process brought the same version meanwhile.
    if (existsSync(folder)) return folder;
    throw error;
  }
  return folder;
}

async function copyFolder(artifacts: ResolverParts["artifacts"], from: string, to: string): Promise<void> {
  const entries = await artifacts.list(from);
  if (entries.length === 0)
    throw new TradewindError("TW_MODEL_PACKAGE", `expected the files of a model at ${from}, found none`);
  await mkdir(to, { recursive: true });
  for (const { name, isFolder } of entries) {
    const path = `${from}/${name}`;
    if (isFolder) {
      await copyFolder(artifacts, path, join(to, name));
      continue;
    }
    const content = await artifacts.read(path);
    if (content === null) throw new TradewindError("TW_MODEL_PACKAGE", `${path} is gone`);
    await pipeline(content.stream, createWriteStream(join(to, name)));
  }
}
