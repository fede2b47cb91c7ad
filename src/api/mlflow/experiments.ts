/** Experiments. */
import type { ViewType } from "../../core/tracking/entities.ts";
import { experimentSubject, readFilter } from "../../core/tracking/filter-terms.ts";
import {
  requireArtifactLocation,
  requireExperimentName,
  requireExperimentTag,
  requireKey,
} from "../../core/tracking/limits.ts";
import { readOrder } from "../../core/tracking/order-by.ts";
import { TradewindError } from "../../errors.ts";
import {
  createExperiment,
  deleteExperimentTag,
  experimentOrder,
  findExperimentByName,
  getExperiment,
  renameExperiment,
  searchExperiments,
  setExperimentStage,
  setExperimentTag,
} from "../../store/tracking/experiments.ts";
import { asExperimentId } from "../../store/tracking/ids.ts";
import { listDatasets } from "../../store/tracking/run-inputs.ts";
import { pageToken, readPageToken } from "./page-token.ts";
import type { Params } from "./params.ts";
import { callsOf, type Rpc } from "./rpc.ts";
import { toExperiment } from "./wire.ts";

/** Where experiments that name no place keep their artifacts: behind the proxy, wherever that puts them. */
export const artifactRoot = "mlflow-artifacts:";

const { read, create, edit, remove } = callsOf("Experiments");

export const viewTypes: Readonly<Record<ViewType, number>> = { ACTIVE_ONLY: 1, DELETED_ONLY: 2, ALL: 3 };

const search: Rpc["handle"] = async ({ given }, { database }) => {
  const limit = given.maxResults(0, 50_000);
  const offset = readPageToken(given.text("page_token"));
  const { rows, hasMore } = await searchExperiments(database, {
    view: given.word("view_type", viewTypes) ?? "ACTIVE_ONLY",
    filter: readFilter(given.text("filter"), experimentSubject),
    order: readOrder(given.texts("order_by"), experimentOrder),
    limit,
    offset,
  });
  return {
    ...(rows.length === 0 ? {} : { experiments: rows.map(toExperiment) }),
    ...(hasMore ? { next_page_token: pageToken(offset + limit) } : {}),
  };
};

/** Ids that are no numbers name no experiment, and find nothing. */
export function experimentIds(given: Params, name = "experiment_ids"): number[] {
  return given.texts(name).flatMap((id) => asExperimentId(id) ?? []);
}

const mostDatasetExperiments = 20;
const mostDatasets = 1000;

const searchDatasets: Rpc["handle"] = async ({ given }, { database }) => {
  const ids = experimentIds(given);
  if (ids.length === 0)
    throw new TradewindError(
      "TW_TRACKING_VALUE",
      "SearchDatasets request must specify at least one experiment_id.",
    );
  if (ids.length > mostDatasetExperiments)
    throw new TradewindError(
      "TW_TRACKING_VALUE",
      `SearchDatasets request cannot specify more than ${mostDatasetExperiments} experiment_ids. Received ${ids.length} experiment_ids.`,
    );
  const rows = await listDatasets(database, ids, mostDatasets);
  return {
    dataset_summaries: rows.map(({ experimentId, name, digest, context }) => ({
      experiment_id: String(experimentId),
      name,
      digest,
      ...(context === "" ? {} : { context }),
    })),
  };
};

export const experimentCalls: readonly Rpc[] = [
  create("POST", "experiments/create", async ({ given, now }, { database }) => {
    const name = given.requiredText("name");
    requireExperimentName(name);
    const artifactLocation = given.text("artifact_location") || null;
    if (artifactLocation !== null) requireArtifactLocation(artifactLocation);
    const tags = given.keyValues("tags");
    for (const { key, value } of tags) requireExperimentTag(key, value);
    const id = await createExperiment(database, { name, artifactLocation, tags }, { artifactRoot, now });
    return { experiment_id: String(id) };
  }),
  read("GET", "experiments/get", async ({ given }, { database }) => ({
    experiment: toExperiment(await getExperiment(database, given.requiredText("experiment_id"))),
  })),
  read("GET", "experiments/get-by-name", async ({ given }, { database }) => {
    const name = given.requiredText("experiment_name");
    const found = await findExperimentByName(database, name);
    if (found === null)
      throw new TradewindError("TW_TRACKING_NOT_FOUND", `Could not find experiment with name '${name}'`);
    return { experiment: toExperiment(found) };
  }),
  read("POST", "experiments/search", search),
  read("GET", "experiments/search", search),
  remove("POST", "experiments/delete", async ({ given, now }, { database }) => {
    await setExperimentStage(database, given.requiredText("experiment_id"), "deleted", now);
  }),
  edit("POST", "experiments/restore", async ({ given, now }, { database }) =>
    setExperimentStage(database, given.requiredText("experiment_id"), "active", now),
  ),
  edit("POST", "experiments/update", async ({ given, now }, { database }) => {
    const id = given.requiredText("experiment_id");
    const name = given.text("new_name");
    if (name === null) return getExperiment(database, id).then(() => ({}));
    requireExperimentName(name);
    return renameExperiment(database, id, name, now);
  }),
  edit("POST", "experiments/set-experiment-tag", async ({ given }, { database }) => {
    const tag = { key: given.requiredText("key"), value: given.presentText("value") };
    requireExperimentTag(tag.key, tag.value);
    await setExperimentTag(database, given.requiredText("experiment_id"), tag);
  }),
  edit("POST", "experiments/delete-experiment-tag", async ({ given }, { database }) => {
    const key = given.requiredText("key");
    requireKey(key, "Tag");
    await deleteExperimentTag(database, given.requiredText("experiment_id"), key);
  }),
  read("POST", "experiments/search-datasets", searchDatasets),
];
