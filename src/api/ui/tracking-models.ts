/** Registered models for the page: the list, a model with its versions, a version with what it takes and gives. */
import { z } from "zod";
import type { ArtifactStore } from "../../artifacts/artifact-store.ts";
import { openTrackingArtifacts } from "../../artifacts/from-settings.ts";
import { TradewindError } from "../../errors.ts";
import { describeModel } from "../../ml/serving/model-description.ts";
import { getLoggedModel } from "../../store/tracking/logged-models.ts";
import { getRegisteredModel } from "../../store/tracking/registered-models.ts";
import { withDetails } from "../../store/tracking/run-details.ts";
import { getRun } from "../../store/tracking/runs.ts";
import { readRunTies } from "../../store/views/tracked-runs.ts";
import {
  listModelsForPage,
  listVersionsForPage,
  modelSorts,
  type VersionRow,
} from "../../store/views/tracking-lists.ts";
import type { ApiApp } from "../app.ts";
import { can } from "../auth/access.ts";
import { placeOf } from "../mlflow/artifacts.ts";
import type { ApiParts } from "../parts.ts";
import type * as page from "./tracking-contract.ts";

const config = { access: can("read", "Registered Models") };
const ByName = z.object({ name: z.string() });

const ListQuery = z.object({
  search: z.string().max(500).optional(),
  sort: z.enum(Object.keys(modelSorts) as [keyof typeof modelSorts]).default("name"),
  limit: z.int().min(1).max(1000).default(100),
  offset: z.int().min(0).default(0),
});

export function registerTrackingModels(app: ApiApp, parts: ApiParts): void {
  const { database } = parts;
  const artifacts = openTrackingArtifacts(parts.config);
  app.get(
    "/ui/tracking/models",
    { config, schema: { querystring: ListQuery } },
    async ({ query }): Promise<page.ModelList> => {
      const { search = null, ...rest } = query;
      const { rows, total } = await listModelsForPage(database, { ...rest, search });
      return { models: [...rows], total };
    },
  );
  app.get(
    "/ui/tracking/models/:name",
    { config, schema: { params: ByName } },
    async ({ params }): Promise<page.ModelPage> => {
      const model = await getRegisteredModel(database, params.name);
      const { name, description, creationTime, lastUpdateTime } = model;
      const versions = await listVersionsForPage(database, name);
      return {
        model: {
          name,
          description,
          creationTime,
          lastUpdateTime,
          tags: [...model.tags],
          aliases: [...model.aliases],
        },
        versions: versions.map(versionItem),
      };
    },
  );
  app.get(
    "/ui/tracking/models/:name/versions/:version",
    { config, schema: { params: ByName.extend({ version: z.int().min(1) }) } },
    ({ params }) => versionPage(parts, artifacts, params),
  );
}

function versionItem(row: VersionRow): page.ModelVersionItem {
  const { version, stage, status, aliases, description, userId, source } = row;
  const { creationTime, lastUpdateTime, tags, modelId, run } = row;
  const metrics = row.metrics as page.ModelVersionItem["metrics"];
  const place = { version, stage, status, aliases, description, userId, source };
  return { ...place, creationTime, lastUpdateTime, tags, modelId, run, metrics };
}

async function versionPage(
  { database }: ApiParts,
  artifacts: ArtifactStore,
  { name, version }: { name: string; version: number },
): Promise<page.ModelVersionPage> {
  const [row] = await listVersionsForPage(database, name, version);
  if (row === undefined)
    throw new TradewindError(
      "TW_TRACKING_NOT_FOUND",
      `Model Version (name=${name}, version=${version}) not found`,
    );
  const ties = row.run === null ? null : await readRunTies(database, row.run.runId);
  return {
    ...versionItem(row),
    name,
    artifactUri: row.storageLocation,
    origin:
      ties === null || ties.dagId === null
        ? null
        : {
            dagId: ties.dagId,
            dagRunId: ties.dagRunId ?? "",
            taskId: ties.taskId ?? "",
            mapIndex: ties.mapIndex ?? -1,
            tryNumber: ties.tryNumber ?? 1,
          },
    params: await paramsOf(database, row),
    ...(await descriptionOf(artifacts, row.storageLocation)),
  };
}

/** The model's own, else its run's. A logged model that was deleted has none. */
async function paramsOf(database: ApiParts["database"], row: VersionRow): Promise<page.KeyValue[]> {
  const model = row.modelId === null ? null : await getLoggedModel(database, row.modelId).catch(() => null);
  if (model !== null && model.params.length > 0) return [...model.params];
  if (row.run === null) return [];
  const [run] = await withDetails(database, [await getRun(database, row.run.runId)]);
  return [...(run?.params ?? [])].sort((a, b) => (a.key < b.key ? -1 : 1));
}

const longestDescription = 1024 * 1024;

type Described = Pick<page.ModelVersionPage, "signature" | "flavors">;

/** What the `MLmodel` beside the model says. That it cannot be read is no reason to show nothing else. */
async function descriptionOf(artifacts: ArtifactStore, uri: string): Promise<Described> {
  const place = placeOf(uri);
  const found = place === null ? null : await artifacts.read(`${place}/MLmodel`).catch(() => null);
  if (found === null || found.size > longestDescription) {
    found?.stream.destroy();
    return { signature: null, flavors: [] };
  }
  const chunks: Buffer[] = [];
  for await (const chunk of found.stream) chunks.push(chunk as Buffer);
  return describeModel(Buffer.concat(chunks).toString("utf8"));
}
