/** Versions of registered models as a task sees them: found, tagged, fetched, registered, over the server's HTTP. */
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { TradewindError } from "../../errors.ts";
import type { TrackingClient } from "../tracking/client.ts";

/** A version of a registered model, as one task hands it to the next. */
export interface ModelVersionRef {
  name: string;
  version: string;
}

export interface FoundVersion extends ModelVersionRef {
  readonly runId: string | null;
  readonly tags: { readonly [key: string]: string };
  /** `mlflow-artifacts:/…` of its files. */
  readonly source: string;
}

interface WireVersion {
  readonly name: string;
  readonly version: string;
  readonly run_id?: string;
  readonly source?: string;
  readonly tags?: readonly { readonly key: string; readonly value: string }[];
}

export const uriOf = ({ name, version }: ModelVersionRef): string => `models:/${name}/${version}`;

/** Null when the model has no such alias, or is not there at all. */
export async function versionOfAlias(
  client: TrackingClient,
  name: string,
  alias: string,
): Promise<FoundVersion | null> {
  try {
    const answer = await client.call<{ model_version: WireVersion }>("GET", "registered-models/alias", {
      name,
      alias,
    });
    return found(answer.model_version);
  } catch (error) {
    if (isRefusal(error, `alias ${alias} not found`) || isRefusal(error, "RESOURCE_DOES_NOT_EXIST"))
      return null;
    throw error;
  }
}

export async function findVersion(client: TrackingClient, ref: ModelVersionRef): Promise<FoundVersion> {
  const { name, version } = ref;
  const answer = await client.call<{ model_version: WireVersion }>("GET", "model-versions/get", {
    name,
    version,
  });
  return found(answer.model_version);
}

function found({ name, version, run_id: runId, source, tags = [] }: WireVersion): FoundVersion {
  return {
    name,
    version: String(version),
    runId: runId || null,
    source: source ?? "",
    tags: Object.fromEntries(tags.map(({ key, value }) => [key, value])),
  };
}

/** Whether the server refused with these words or this code. */
function isRefusal(error: unknown, text: string): boolean {
  return (
    error instanceof TradewindError && error.code === "TW_TRACKING_REFUSED" && error.message.includes(text)
  );
}

export async function tagVersion(
  client: TrackingClient,
  { name, version }: ModelVersionRef,
  tags: Readonly<Record<string, string>>,
): Promise<void> {
  for (const [key, value] of Object.entries(tags))
    await client.call("POST", "model-versions/set-tag", { name, version, key, value: value.slice(0, 5000) });
}

export interface NewVersion {
  readonly name: string;
  /** `models:/m-…`, `runs:/…`, `mlflow-artifacts:/…`, or a folder of this machine with an `MLmodel`. */
  readonly source: string;
  readonly runId?: string | undefined;
  readonly description?: string | undefined;
  readonly tags?: Readonly<Record<string, string>> | undefined;
  /** The same key registers the same version: a task's second try makes no second one. */
  readonly key: string;
}

const keyTag = "tradewind.registered_by";

/** Files first, the version last: where the store breaks off, there is no version. */
export async function registerVersion(client: TrackingClient, wanted: NewVersion): Promise<ModelVersionRef> {
  const { name, runId, description, tags = {}, key } = wanted;
  await client.call("POST", "registered-models/create", { name }).catch((error: unknown) => {
    if (!isRefusal(error, "RESOURCE_ALREADY_EXISTS")) throw error;
  });
  const before = await versionWithTag(client, name, key);
  if (before !== null) return before;
  const source = isFolder(wanted.source) ? await uploadFolder(client, wanted) : wanted.source;
  const { model_version: made } = await client.call<{ model_version: WireVersion }>(
    "POST",
    "model-versions/create",
    {
      name,
      source,
      ...(runId === undefined ? {} : { run_id: runId }),
      ...(description === undefined ? {} : { description }),
      tags: Object.entries({ ...tags, [keyTag]: key }).map(([tag, value]) => ({ key: tag, value })),
    },
  );
  return { name, version: String(made.version) };
}

async function versionWithTag(
  client: TrackingClient,
  name: string,
  key: string,
): Promise<ModelVersionRef | null> {
  const quote = (text: string): string => `'${text.replaceAll("'", "\\'")}'`;
  const { model_versions: versions = [] } = await client.call<{ model_versions?: WireVersion[] }>(
    "GET",
    "model-versions/search",
    { filter: `name = ${quote(name)} AND tags.\`${keyTag}\` = ${quote(key)}`, max_results: 1 },
  );
  const [first] = versions;
  return first === undefined ? null : { name, version: String(first.version) };
}

const isFolder = (source: string): boolean => source.startsWith("/") || source.startsWith("file:");

async function uploadFolder(client: TrackingClient, { name, source, key }: NewVersion): Promise<string> {
  const folder = source.replace(/^file:(\/\/)?/, "");
  const names = (await readdir(folder, { recursive: true, withFileTypes: true }))
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name).slice(folder.length + 1));
  if (!names.includes("MLmodel"))
    throw new TradewindError("TW_MODEL_PACKAGE", `expected a model in ${folder}, with an MLmodel; got none`);
  const place = `mlflow-artifacts:/registered/${name}/${key.replaceAll(/[^\w.-]/g, "_")}`;
  // MLmodel last, as it is what makes a folder a model.
  for (const file of names.sort((a, b) => Number(a === "MLmodel") - Number(b === "MLmodel")))
    await client.upload(place, file.replaceAll("\\", "/"), await readFile(join(folder, file)));
  return place;
}

/** Brings the files of a version into a folder of this machine for as long as `work` takes. */
export async function withModelFiles<T>(
  client: TrackingClient,
  { name, version }: ModelVersionRef,
  work: (folder: string) => Promise<T>,
): Promise<T> {
  const { artifact_uri: uri } = await client.call<{ artifact_uri: string }>(
    "GET",
    "model-versions/get-download-uri",
    {
      name,
      version,
    },
  );
  if (isFolder(uri)) return work(uri.replace(/^file:(\/\/)?/, ""));
  const folder = await mkdtemp(join(tmpdir(), "tw-model-"));
  try {
    for (const path of await client.listFiles(uri)) {
      await mkdir(dirname(join(folder, path)), { recursive: true });
      await writeFile(join(folder, path), await client.download(uri, path));
    }
    return await work(folder);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}
