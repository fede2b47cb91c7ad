/** Registered models, their tags and aliases. */
import type { RegisteredModel } from "../../core/tracking/entities.ts";
import { readFilter, registeredModelSubject } from "../../core/tracking/filter-terms.ts";
import {
  requireAlias,
  requireKey,
  requireModelName,
  requireRegistryTag,
} from "../../core/tracking/limits.ts";
import { readOrder } from "../../core/tracking/order-by.ts";
import type { Executor } from "../../store/connect.ts";
import { latestVersionsOf } from "../../store/tracking/model-versions.ts";
import {
  createRegisteredModel,
  deleteAlias,
  deleteModelTag,
  deleteRegisteredModel,
  getRegisteredModel,
  getVersionByAlias,
  registeredModelOrder,
  renameRegisteredModel,
  searchRegisteredModels,
  setAlias,
  setModelTag,
  updateRegisteredModel,
} from "../../store/tracking/registered-models.ts";
import { readVersionNumber } from "./model-versions.ts";
import { pageToken, readPageToken } from "./page-token.ts";
import { callsOf, type Rpc } from "./rpc.ts";
import { toModelVersion, toRegisteredModel } from "./wire.ts";

const { read, create, edit, remove } = callsOf("Registered Models");

async function answer(database: Executor, model: RegisteredModel) {
  const latest = await latestVersionsOf(database, [model.name]);
  return { registered_model: toRegisteredModel(model, latest.get(model.name) ?? []) };
}

const search: Rpc["handle"] = async ({ given }, { database }) => {
  const limit = given.maxResults(100, 1000);
  const offset = readPageToken(given.text("page_token"));
  const { rows, hasMore } = await searchRegisteredModels(database, {
    filter: readFilter(given.text("filter"), registeredModelSubject),
    order: readOrder(given.texts("order_by"), registeredModelOrder),
    limit,
    offset,
  });
  const latest = await latestVersionsOf(
    database,
    rows.map(({ name }) => name),
  );
  return {
    ...(rows.length === 0
      ? {}
      : { registered_models: rows.map((model) => toRegisteredModel(model, latest.get(model.name) ?? [])) }),
    ...(hasMore ? { next_page_token: pageToken(offset + limit) } : {}),
  };
};

export const registeredModelCalls: readonly Rpc[] = [
  create("POST", "registered-models/create", async ({ given, now }, { database, webhooks }) => {
    const name = given.requiredText("name");
    requireModelName(name);
    const tags = given.keyValues("tags");
    for (const { key, value } of tags) requireRegistryTag(key, value);
    const description = given.text("description") ?? "";
    const model = await createRegisteredModel(
      database,
      { name, description, deploymentJobId: given.text("deployment_job_id"), tags },
      now,
    );
    webhooks.send("registered_model.created", {
      name,
      tags: Object.fromEntries(tags.map(({ key, value }) => [key, value])),
      description,
    });
    return answer(database, model);
  }),
  read("GET", "registered-models/get", async ({ given }, { database }) =>
    answer(database, await getRegisteredModel(database, given.requiredText("name"))),
  ),
  read("GET", "registered-models/search", search),
  edit("POST", "registered-models/rename", async ({ given, now }, { database }) => {
    const newName = given.requiredText("new_name");
    requireModelName(newName);
    return answer(database, await renameRegisteredModel(database, given.requiredText("name"), newName, now));
  }),
  edit("PATCH", "registered-models/update", async ({ given, now }, { database }) =>
    answer(
      database,
      await updateRegisteredModel(
        database,
        given.requiredText("name"),
        { description: given.text("description"), deploymentJobId: given.text("deployment_job_id") },
        now,
      ),
    ),
  ),
  remove("DELETE", "registered-models/delete", async ({ given, actor, now }, { database }) =>
    deleteRegisteredModel(database, given.requiredText("name"), { actor, now }),
  ),
  edit("POST", "registered-models/set-tag", async ({ given, now }, { database }) => {
    const tag = { key: given.requiredText("key"), value: given.presentText("value") };
    requireRegistryTag(tag.key, tag.value);
    await setModelTag(database, given.requiredText("name"), tag, now);
  }),
  edit("DELETE", "registered-models/delete-tag", async ({ given }, { database }) => {
    const key = given.requiredText("key");
    requireKey(key, "Tag");
    await deleteModelTag(database, given.requiredText("name"), key);
  }),
  edit("POST", "registered-models/alias", async ({ given, actor, now }, { database, webhooks }) => {
    const name = given.requiredText("name");
    const alias = given.requiredText("alias");
    requireAlias(alias);
    const version = readVersionNumber(given.requiredText("version"));
    await setAlias(database, { name, alias, version, actor }, now);
    webhooks.send("model_version_alias.created", { name, alias, version: String(version) });
  }),
  edit("DELETE", "registered-models/alias", async ({ given, actor, now }, { database, webhooks }) => {
    const name = given.requiredText("name");
    const alias = given.requiredText("alias");
    if (await deleteAlias(database, { name, alias, actor }, now))
      webhooks.send("model_version_alias.deleted", { name, alias });
  }),
  read("GET", "registered-models/alias", async ({ given }, { database }) => ({
    model_version: toModelVersion(
      await getVersionByAlias(database, given.requiredText("name"), given.requiredText("alias")),
    ),
  })),
];
