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
import { modelStages } from "../../core/tracking/entities.ts";
import { TradewindError } from "../../errors.ts";
import type { Executor } from "../../store/connect.ts";
import {
  locateModels,
  type ModelLocation,
  type WantedVersion,
} from "../../store/tracking/model-locations.ts";
import type { ResolvedModel } from "./model-host.ts";

export interface ResolverParts {
  readonly database: Executor;
  readonly artifacts: Pick<ArtifactStore, "list" | "read">;
  /** Where the files of versions are kept. */
  readonly cacheFolder: string;
}

export type Resolved = ResolvedModel | TradewindError;

/**
 * Where each reference leads, with one query for all of them; an error for one that leads nowhere: TW_MODEL_REFERENCE
 * for one of no known form, TW_TRACKING_NOT_FOUND and TW_TRACKING_VALUE for what is not in the registry.
 */
export async function resolveModels(
  parts: ResolverParts,
  references: readonly string[],
): Promise<Map<string, Resolved>> {
  const resolved = new Map<string, Resolved>();
  const wanted: [reference: string, version: WantedVersion][] = [];
  for (const reference of new Set(references)) {
    const parsed = parse(reference);
    if ("folder" in parsed || parsed instanceof TradewindError) resolved.set(reference, parsed);
    else wanted.push([reference, parsed]);
  }
  if (wanted.length === 0) return resolved;
  const locations = await locateModels(
    parts.database,
    wanted.map(([, version]) => version),
  );
  for (const [at, [reference, version]] of wanted.entries())
    resolved.set(reference, await bringTo(parts, version, locations[at] as ModelLocation));
  return resolved;
}

/** @throws TradewindError as `resolveModels` gives it. */
export async function resolveModel(parts: ResolverParts, reference: string): Promise<ResolvedModel> {
  const found = (await resolveModels(parts, [reference])).get(reference) as Resolved;
  if (found instanceof TradewindError) throw found;
  return found;
}

function parse(reference: string): Resolved | WantedVersion {
  if (isAbsolute(reference)) return { name: reference, version: null, folder: reference };
  if (reference.startsWith("file:"))
    return { name: reference, version: null, folder: fileURLToPath(reference) };
  const match = /^models:\/+([^/@]+)(?:@([^/]+)|\/([^/]+))$/.exec(reference);
  const [, name, alias, which] = match ?? [];
  if (name === undefined)
    return new TradewindError(
      "TW_MODEL_REFERENCE",
      `expected models:/name/version, models:/name@alias, models:/name/latest or a folder, got ${JSON.stringify(reference.slice(0, 300))}`,
    );
  const any = { name, version: null, alias: null, stage: null };
  if (alias !== undefined) return { ...any, alias };
  if (/^\d{1,9}$/.test(which ?? "")) return { ...any, version: Number(which) };
  const stage = modelStages.find((one) => one.toLowerCase() === which?.toLowerCase());
  if (stage !== undefined) return { ...any, stage };
  if (which === "latest") return any;
  return new TradewindError(
    "TW_MODEL_REFERENCE",
    `models:/${name}/: expected a version, latest, or one of ${modelStages.join(", ")}, got ${which}`,
  );
}

async function bringTo(
  parts: ResolverParts,
  wanted: WantedVersion,
  { modelExists, version, storageLocation }: ModelLocation,
): Promise<Resolved> {
  const { name } = wanted;
  if (!modelExists)
    return new TradewindError("TW_TRACKING_NOT_FOUND", `Registered Model with name=${name} not found`);
  if (version === null || storageLocation === null) return absent(wanted);
  try {
    return { name, version: String(version), folder: await bring(parts, storageLocation) };
  } catch (error) {
    if (error instanceof TradewindError) return error;
    throw error;
  }
}

function absent({ name, version, alias, stage }: WantedVersion): TradewindError {
  if (alias !== null)
    return new TradewindError("TW_TRACKING_VALUE", `Registered model alias ${alias} not found.`);
  const which =
    version === null ? `no version${stage === null ? "" : ` in ${stage}`}` : `no version ${version}`;
  return new TradewindError("TW_TRACKING_NOT_FOUND", `${name} has ${which}`);
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
