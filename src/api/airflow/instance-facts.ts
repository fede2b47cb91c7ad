/** What is known about a task instance beside itself: what holds it up, its links, where its log is outside. */
import { z } from "zod";
import { explainInstance } from "../../scheduler/explain-instance.ts";
import { listTries } from "../../store/task-instance-history.ts";
import type { ApiApp } from "../app.ts";
import { can } from "../auth/access.ts";
import { HttpProblem } from "../http-problem.ts";
import { linksOf } from "../instance-links.ts";
import type { AirflowContext } from "./context.ts";
import { type InstancePlace, knownInstance } from "./instance-answers.ts";
import {
  ExternalLogUrlResponse,
  ExtraLinkCollectionResponse,
  TaskDependencyCollectionResponse,
} from "./schemas/task-instances.ts";
import { MappedPath, TaskPath } from "./scope.ts";

const base = "/dags/:dag_id/dagRuns/:dag_run_id/taskInstances/:task_id";
const tags = ["Task Instance"];
const access = can("read", "Task Instances");
const MapIndexQuery = z.object({ map_index: z.int().default(-1) });

const dependencies = { 200: TaskDependencyCollectionResponse };

export function registerInstanceFacts(app: ApiApp, context: AirflowContext): void {
  registerDependencies(app, context);
  registerMappedDependencies(app, context);
  registerLinks(app, context);
  registerExternalLog(app);
}

function registerDependencies(app: ApiApp, context: AirflowContext): void {
  app.get(
    `${base}/dependencies`,
    {
      config: { access },
      schema: {
        operationId: "get_task_instance_dependencies",
        tags,
        params: TaskPath,
        querystring: MapIndexQuery,
        response: dependencies,
      },
    },
    ({ params, query }) => dependenciesOf(context, params, query.map_index),
  );
}

function registerMappedDependencies(app: ApiApp, context: AirflowContext): void {
  app.get(
    `${base}/:map_index/dependencies`,
    {
      config: { access },
      schema: {
        operationId: "get_task_instance_dependencies_by_map_index",
        tags,
        params: MappedPath,
        response: dependencies,
      },
    },
    ({ params }) => dependenciesOf(context, params, params.map_index),
  );
}

function registerLinks(app: ApiApp, context: AirflowContext): void {
  app.get(
    `${base}/links`,
    {
      config: { access },
      schema: {
        operationId: "get_extra_links",
        tags: ["Extra Links"],
        params: TaskPath,
        querystring: MapIndexQuery.extend({ try_number: z.int().nullable().optional() }),
        response: { 200: ExtraLinkCollectionResponse },
      },
    },
    async ({ params, query }) => {
      const instance = await knownInstance(context, params, query.map_index);
      const { try_number: tryNumber = null } = query;
      if (
        tryNumber !== null &&
        !(await listTries(context.database, instance)).some((one) => one.tryNumber === tryNumber)
      )
        throw new HttpProblem(404, `TaskInstanceHistory not found for try_number=${tryNumber}`);
      const version = await context.version(instance.versionId);
      const links = await linksOf(context.database, version?.tasks.get(instance.taskId), instance);
      return {
        extra_links: Object.fromEntries(links.map(({ name, url }) => [name, url])),
        total_entries: links.length,
      };
    },
  );
}

function registerExternalLog(app: ApiApp): void {
  app.get(
    `${base}/externalLogUrl/:try_number`,
    {
      config: { access: can("read", "Task Logs") },
      schema: {
        operationId: "get_external_log_url",
        tags,
        params: TaskPath.extend({ try_number: z.int().min(1) }),
        querystring: MapIndexQuery,
        response: { 200: ExternalLogUrlResponse },
      },
    },
    async () => {
      // Logs are files of this installation, read by …/logs.
      throw new HttpProblem(400, "Task log handler does not support external logs.");
    },
  );
}

/** Only an instance that waits has something to wait for. */
async function dependenciesOf(context: AirflowContext, at: InstancePlace, mapIndex: number) {
  const instance = await knownInstance(context, at, mapIndex);
  if (instance.state !== null && instance.state !== "scheduled") return { dependencies: [] };
  const unmet = (await explainInstance(context.database, instance, context.now())) ?? [];
  return {
    dependencies: unmet
      .map(({ check, reason }) => ({ name: check, reason }))
      .sort((a, b) => (a.name < b.name ? -1 : 1)),
  };
}
