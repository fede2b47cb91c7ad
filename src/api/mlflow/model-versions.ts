/** Versions of registered models. */
import { type ModelStage, modelStages } from "../../core/tracking/entities.ts";
import { modelVersionSubject, readFilter } from "../../core/tracking/filter-terms.ts";
import { refuse, requireKey, requireModelName, requireRegistryTag } from "../../core/tracking/limits.ts";
import { readOrder } from "../../core/tracking/order-by.ts";
import { TradewindError } from "../../errors.ts";
import type { Executor } from "../../store/connect.ts";
import { asRunId } from "../../store/tracking/ids.ts";
import { getLoggedModel } from "../../store/tracking/logged-models.ts";
import { listEvents } from "../../store/tracking/model-version-events.ts";
import { searchModelVersions } from "../../store/tracking/model-version-search.ts";
import {
  createModelVersion,
  deleteModelVersion,
  deleteVersionTag,
  getModelVersion,
  latestVersions,
  modelVersionOrder,
  setVersionTag,
  transitionStage,
  updateModelVersion,
} from "../../store/tracking/model-versions.ts";
import { getRegisteredModel } from "../../store/tracking/registered-models.ts";
import { findRun } from "../../store/tracking/runs.ts";
import { pageToken, readPageToken } from "./page-token.ts";
import { missing, type Params } from "./params.ts";
import { type Call, callsOf, type MlflowParts, type Rpc } from "./rpc.ts";
import { toModelVersion } from "./wire.ts";

const { read, create, edit, remove } = callsOf("Registered Models");

export function readVersionNumber(text: string): number {
  const number = Number(text);
  if (/^\d{1,9}$/.test(text) && number >= 1) return number;
  throw refuse(`Parameter 'version' must be an integer, got '${text}'.`);
}

function readStage(text: string): ModelStage {
  const stage = modelStages.find((known) => known.toLowerCase() === text.toLowerCase());
  if (stage !== undefined) return stage;
  throw refuse(`Invalid Model Version stage: ${text}. Value must be one of ${modelStages.join(", ")}.`);
}

const named = (given: Params) => ({
  name: given.requiredText("name"),
  version: readVersionNumber(given.requiredText("version")),
});

function hasParentStep(source: string): boolean {
  let decoded = source;
  try {
    decoded = decodeURIComponent(source);
  } catch {
    // A lone % is a character like others.
  }
  return decoded.split(/[/\\]/).includes("..");
}

/**
 * A version's files are what somebody else logged, so a source may name no file of this machine: a local path has to
 * lie within the artifacts of the run that is named with it.
 */
async function requireSource(database: Executor, source: string, runId: string | null): Promise<void> {
  if (hasParentStep(source))
    throw refuse(
      `Invalid model version source: '${source}'. If supplying a source as an http, https, local file path, ftp, objectstore, or mlflow-artifacts uri, an absolute path must be provided without relative path references present. Please provide an absolute path.`,
    );
  if (/^[a-z][a-z0-9+.-]+:/i.test(source) && !/^file:/i.test(source)) return;
  const run = runId === null ? null : await findRun(database, runId);
  const path = source.replace(/^file:(\/\/)?/i, "");
  const root = run?.artifactUri.replace(/^file:(\/\/)?/i, "");
  if (root !== undefined && root.startsWith("/") && `${path}/`.startsWith(`${root}/`)) return;
  throw refuse(
    `Invalid model version source: '${source}'. To use a local path as a model version source, the run_id request parameter has to be specified and the local path has to be contained within the artifact directory of the run specified by the run_id.`,
  );
}

/** Where the files of a source are. */
async function storageLocation(database: Executor, source: string): Promise<string> {
  const modelId = /^models:\/+(m-[0-9a-f]{32})$/.exec(source)?.[1];
  if (modelId !== undefined) return (await getLoggedModel(database, modelId)).artifactUri;
  const run = /^runs:\/+([^/]+)\/?(.*)$/.exec(source);
  if (run === null) return source;
  const info = await findRun(database, run[1] ?? "");
  if (info === null) throw new TradewindError("TW_TRACKING_NOT_FOUND", `Run with id=${run[1]} not found`);
  return run[2] ? `${info.artifactUri}/${run[2]}` : info.artifactUri;
}

async function register({ given, actor, now }: Call, { database, webhooks }: MlflowParts) {
  const name = given.requiredText("name");
  requireModelName(name);
  const source = given.requiredText("source");
  const runId = given.text("run_id") || null;
  const tags = given.keyValues("tags");
  for (const { key, value } of tags) requireRegistryTag(key, value);
  await requireSource(database, source, runId);
  const modelId = given.text("model_id") || /^models:\/+(m-[0-9a-f]{32})$/.exec(source)?.[1] || null;
  const sourceRun = modelId === null ? null : (await getLoggedModel(database, modelId)).sourceRunId;
  const version = await createModelVersion(
    database,
    {
      name,
      source,
      storageLocation: await storageLocation(database, source),
      description: given.text("description") ?? "",
      runId: (runId === null ? null : asRunId(runId)) ?? sourceRun,
      modelId,
      runLink: given.text("run_link") ?? "",
      userId: actor,
      tags,
    },
    now,
  );
  webhooks.send("model_version.created", {
    name,
    version: String(version.version),
    source,
    run_id: version.runId,
    tags: Object.fromEntries(tags.map(({ key, value }) => [key, value])),
    description: version.description,
  });
  return { model_version: toModelVersion(version) };
}

async function transition({ given, actor, now }: Call, { database }: MlflowParts) {
  const at = named(given);
  const stage = readStage(given.requiredText("stage"));
  const archiveExisting = given.boolean("archive_existing_versions");
  if (archiveExisting === null) throw missing("archive_existing_versions");
  if (archiveExisting && stage !== "Staging" && stage !== "Production")
    throw refuse(
      `Model version transition cannot archive existing model versions because '${stage}' is not an Active stage. Valid stages are Staging, Production`,
    );
  const version = await transitionStage(database, { ...at, stage, archiveExisting, actor }, now);
  return { model_version: toModelVersion(version) };
}

const latest: Rpc["handle"] = async ({ given }, { database }) => {
  const name = given.requiredText("name");
  await getRegisteredModel(database, name);
  const versions = await latestVersions(database, name, given.texts("stages").map(readStage));
  return versions.length === 0 ? {} : { model_versions: versions.map(toModelVersion) };
};

const search: Rpc["handle"] = async ({ given }, { database }) => {
  const limit = given.maxResults(200_000, 200_000);
  const offset = readPageToken(given.text("page_token"));
  const { rows, hasMore } = await searchModelVersions(database, {
    filter: readFilter(given.text("filter"), modelVersionSubject),
    order: readOrder(given.texts("order_by"), modelVersionOrder),
    limit,
    offset,
  });
  return {
    ...(rows.length === 0 ? {} : { model_versions: rows.map(toModelVersion) }),
    ...(hasMore ? { next_page_token: pageToken(offset + limit) } : {}),
  };
};

/** Beyond MLflow's protocol: which version stood where, and when, the newest change first. */
const history: Rpc["handle"] = async ({ given }, { database }) => {
  const version = given.text("version");
  const limit = given.maxResults(100, 1000);
  const offset = readPageToken(given.text("page_token"));
  const events = await listEvents(database, {
    name: given.requiredText("name"),
    version: version === null ? null : readVersionNumber(version),
    limit: limit + 1,
    offset,
  });
  return {
    events: events.slice(0, limit).map((event) => ({
      timestamp: event.happenedAt,
      name: event.name,
      version: String(event.version),
      kind: event.kind,
      ...(event.stage === null ? {} : { stage: event.stage }),
      ...(event.previousStage === null ? {} : { previous_stage: event.previousStage }),
      ...(event.alias === null ? {} : { alias: event.alias }),
      ...(event.previousVersion === null ? {} : { previous_version: String(event.previousVersion) }),
      ...(event.actor === null ? {} : { user_id: event.actor }),
    })),
    ...(events.length > limit ? { next_page_token: pageToken(offset + limit) } : {}),
  };
};

export const modelVersionCalls: readonly Rpc[] = [
  create("POST", "model-versions/create", register),
  read("GET", "model-versions/get", async ({ given }, { database }) => {
    const { name, version } = named(given);
    return { model_version: toModelVersion(await getModelVersion(database, name, version)) };
  }),
  read("GET", "model-versions/search", search),
  read("GET", "model-versions/history", history),
  edit("PATCH", "model-versions/update", async ({ given, now }, { database }) => {
    const { name, version } = named(given);
    const changed = await updateModelVersion(database, name, version, given.text("description"), now);
    return { model_version: toModelVersion(changed) };
  }),
  remove("DELETE", "model-versions/delete", async ({ given, actor, now }, { database }) => {
    await deleteModelVersion(database, { ...named(given), actor }, now);
  }),
  edit("POST", "model-versions/transition-stage", transition),
  read("GET", "model-versions/get-download-uri", async ({ given }, { database }) => {
    const { name, version } = named(given);
    return { artifact_uri: (await getModelVersion(database, name, version)).storageLocation };
  }),
  edit("POST", "model-versions/set-tag", async ({ given }, { database, webhooks }) => {
    const { name, version } = named(given);
    const tag = { key: given.requiredText("key"), value: given.presentText("value") };
    requireRegistryTag(tag.key, tag.value);
    await setVersionTag(database, name, version, tag);
    webhooks.send("model_version_tag.set", { name, version: String(version), ...tag });
  }),
  edit("DELETE", "model-versions/delete-tag", async ({ given }, { database, webhooks }) => {
    const { name, version } = named(given);
    const key = given.requiredText("key");
    requireKey(key, "Tag");
    await deleteVersionTag(database, name, version, key);
    webhooks.send("model_version_tag.deleted", { name, version: String(version), key });
  }),
  read("POST", "registered-models/get-latest-versions", latest),
  read("GET", "registered-models/get-latest-versions", latest),
];
