/** Logged models. */
import { randomUUID } from "node:crypto";
import { loggedModelSubject, readFilter } from "../../core/tracking/filter-terms.ts";
import { cutParam, refuse, requireKey, requireLoggedModelName } from "../../core/tracking/limits.ts";
import {
  type LoggedModelOrder,
  mostOrderClauses,
  type NamedDataset,
  searchLoggedModels,
} from "../../store/tracking/logged-model-search.ts";
import {
  createLoggedModel,
  deleteLoggedModel,
  deleteLoggedModelTag,
  finalizeLoggedModel,
  getLoggedModel,
  logLoggedModelParams,
  setLoggedModelTags,
} from "../../store/tracking/logged-models.ts";
import { folderAnswer } from "./artifacts.ts";
import { experimentIds } from "./experiments.ts";
import { pageToken, readPageToken } from "./page-token.ts";
import { missing, type Params } from "./params.ts";
import { callsOf, type Rpc } from "./rpc.ts";
import { toLoggedModelWire } from "./wire.ts";

const { read, create, edit, remove } = callsOf("Experiments");

const statuses = { PENDING: 1, READY: 2, UPLOAD_FAILED: 3 } as const;
const statusWords = {
  LOGGED_MODEL_PENDING: 1,
  LOGGED_MODEL_READY: 2,
  LOGGED_MODEL_UPLOAD_FAILED: 3,
} as const;

function readDataset(given: Params): NamedDataset {
  return { name: given.requiredText("dataset_name"), digest: given.text("dataset_digest") || null };
}

const orderable = [
  "name",
  "model_id",
  "model_type",
  "status",
  "source_run_id",
  "experiment_id",
  "creation_time",
  "last_update_time",
];

function readOrder(given: Params): LoggedModelOrder {
  const field = given.requiredText("field_name");
  const descending = given.boolean("ascending") === false;
  const dataset = given.text("dataset_name") ? readDataset(given) : null;
  if (given.text("dataset_digest") && dataset === null)
    throw refuse("`dataset_digest` can only be specified if `dataset_name` is also specified.");
  const metric = /^metrics?\.(.+)$/.exec(field)?.[1];
  if (metric !== undefined)
    return { entity: "metric", key: metric.replaceAll(/^[`"]|[`"]$/g, ""), descending, dataset };
  const key = loggedModelSubject.attributes[field.replace(/^attributes?\./, "")];
  if (key === undefined || !orderable.includes(key))
    throw refuse(
      `Invalid order by field name: ${field}. Only attributes and metrics are supported. Expected one of ${orderable.join(", ")}, or metrics.…`,
    );
  return { entity: "attribute", key, descending, dataset: null };
}

const search: Rpc["handle"] = async ({ given }, { database }) => {
  const ids = experimentIds(given);
  if (ids.length === 0) throw missing("experiment_ids");
  const limit = given.maxResults(100, 50_000);
  const pinned = JSON.stringify([ids, given.text("filter"), given.raw("order_by") ?? null]);
  const offset = readPageToken(given.text("page_token"), pinned);
  const order = given.list("order_by").map(readOrder);
  if (order.length > mostOrderClauses)
    throw refuse(`expected at most ${mostOrderClauses} clauses in order_by`);
  const { rows, hasMore } = await searchLoggedModels(database, {
    experimentIds: ids,
    filter: readFilter(given.text("filter"), loggedModelSubject),
    datasets: given.list("datasets").map(readDataset),
    order,
    limit,
    offset,
  });
  return {
    ...(rows.length === 0 ? {} : { models: rows.map(toLoggedModelWire) }),
    ...(hasMore ? { next_page_token: pageToken(offset + limit, pinned) } : {}),
  };
};

const readParamsOf = (given: Params) =>
  given.keyValues("params").map(({ key, value }) => {
    requireKey(key, "Param");
    return { key, value: cutParam(value) };
  });

export const loggedModelCalls: readonly Rpc[] = [
  create("POST", "logged-models", async ({ given, now }, { database }) => {
    const modelId = `m-${randomUUID().replaceAll("-", "")}`;
    const name = given.text("name") || modelId;
    requireLoggedModelName(name);
    const model = await createLoggedModel(
      database,
      {
        modelId,
        experimentId: given.requiredText("experiment_id"),
        name,
        modelType: given.text("model_type") || null,
        sourceRunId: given.text("source_run_id") || null,
        params: readParamsOf(given),
        tags: given.keyValues("tags"),
      },
      now,
    );
    return { model: toLoggedModelWire(model) };
  }),
  read("POST", "logged-models/search", search),
  read("GET", "logged-models/:model_id", async ({ given }, { database }) => ({
    model: toLoggedModelWire(await getLoggedModel(database, given.requiredText("model_id"))),
  })),
  edit("PATCH", "logged-models/:model_id", async ({ given, now }, { database }) => {
    const word = given.word("status", statusWords) ?? given.word("status", statuses);
    if (word === null) throw missing("status");
    const status = word.replace("LOGGED_MODEL_", "") as keyof typeof statuses;
    return {
      model: toLoggedModelWire(
        await finalizeLoggedModel(database, given.requiredText("model_id"), status, now),
      ),
    };
  }),
  remove("DELETE", "logged-models/:model_id", async ({ given, now }, { database }) =>
    deleteLoggedModel(database, given.requiredText("model_id"), now),
  ),
  edit("PATCH", "logged-models/:model_id/tags", async ({ given, now }, { database }) => ({
    model: toLoggedModelWire(
      await setLoggedModelTags(database, given.requiredText("model_id"), given.keyValues("tags"), now),
    ),
  })),
  edit("DELETE", "logged-models/:model_id/tags/:tag_key", async ({ given }, { database }) =>
    deleteLoggedModelTag(database, given.requiredText("model_id"), given.requiredText("tag_key")),
  ),
  edit("POST", "logged-models/:model_id/params", async ({ given, now }, { database }) =>
    logLoggedModelParams(database, given.requiredText("model_id"), readParamsOf(given), now),
  ),
  read("GET", "logged-models/:model_id/artifacts/directories", async ({ given }, { database, artifacts }) => {
    const model = await getLoggedModel(database, given.requiredText("model_id"));
    return folderAnswer(artifacts, model.artifactUri, given.text("artifact_directory_path") ?? "");
  }),
];
