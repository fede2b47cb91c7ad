/** What is known about Dags beside themselves: tasks, versions, source, run counts, tags, warnings. */
import { z } from "zod";
import { currentVersion, findVersionByNumber, readSources } from "../../store/dag-versions.ts";
import {
  countRunsByState,
  dagSummaries,
  dagTagColumns,
  dagWarningColumns,
  listDagTags,
  listDagWarnings,
} from "../../store/lists/dags.ts";
import { listVersionSummaries, versionListColumns, versionSummaries } from "../../store/lists/records.ts";
import type { ApiApp } from "../app.ts";
import { can, permittedDagIds } from "../auth/access.ts";
import { HttpProblem } from "../http-problem.ts";
import { accepted } from "./accept.ts";
import type { AirflowContext } from "./context.ts";
import { taskAnswer, versionAnswer } from "./dag-answers.ts";
import { knownDag } from "./dags.ts";
import { isoDate } from "./instants.ts";
import { OrderedQuery, type Orders, pageOf } from "./list-page.ts";
import { OptionalText, patterns } from "./ranges.ts";
import {
  DAGSourceResponse,
  DAGTagCollectionResponse,
  DAGVersionCollectionResponse,
  DAGWarningCollectionResponse,
  DagStatsCollectionResponse,
  DagVersionResponse,
  DagWarningType,
  TaskCollectionResponse,
  TaskResponse,
} from "./schemas/dags.ts";
import { DagPath, dagsOf, everything } from "./scope.ts";

export function registerDagFacts(app: ApiApp, context: AirflowContext): void {
  registerTasks(app, context);
  registerVersions(app, context);
  registerSource(app, context);
  registerStats(app, context);
  registerTags(app, context);
  registerWarnings(app, context);
}

const sortable = new Set([
  "task_id",
  "task_display_name",
  "owner",
  "start_date",
  "end_date",
  "trigger_rule",
  "depends_on_past",
  "wait_for_downstream",
  "retries",
  "queue",
  "pool",
  "pool_slots",
  "execution_timeout",
  "retry_delay",
  "retry_exponential_backoff",
  "priority_weight",
  "weight_rule",
  "ui_color",
  "ui_fgcolor",
  "operator_name",
]);

type Task = z.output<typeof TaskResponse>;

const taskTags = ["Task"];

function registerTasks(app: ApiApp, context: AirflowContext): void {
  registerTaskList(app, context);
  registerTask(app, context);
}

function registerTaskList(app: ApiApp, context: AirflowContext): void {
  app.get(
    "/dags/:dag_id/tasks",
    {
      config: { access: can("read", "Task Instances") },
      schema: {
        operationId: "get_tasks",
        tags: taskTags,
        params: DagPath,
        querystring: z.object({ order_by: z.string().default("task_id") }),
        response: { 200: TaskCollectionResponse },
      },
    },
    async ({ params, query }) => {
      const { dag } = await context.currentVersion(params.dag_id);
      const name = query.order_by.replace(/^-+/, "");
      if (!sortable.has(name))
        throw new HttpProblem(
          400,
          `Ordering with '${name}' is disallowed or the attribute does not exist on the model`,
        );
      const tasks = dag.tasks.map((task) => taskAnswer(dag, task)).sort(byField(name as keyof Task));
      if (query.order_by.startsWith("-")) tasks.reverse();
      return { tasks, total_entries: tasks.length };
    },
  );
}

function registerTask(app: ApiApp, context: AirflowContext): void {
  app.get(
    "/dags/:dag_id/tasks/:task_id",
    {
      config: { access: can("read", "Task Instances") },
      schema: {
        operationId: "get_task",
        tags: taskTags,
        params: DagPath.extend({ task_id: z.string() }),
        response: { 200: TaskResponse },
      },
    },
    async ({ params }) => {
      const { dag } = await context.currentVersion(params.dag_id);
      const task = dag.tasks[dag.indexOf.get(params.task_id) ?? -1];
      if (task === undefined) throw new HttpProblem(404, `Task with id ${params.task_id} was not found`);
      return taskAnswer(dag, task);
    },
  );
}

/** Values of one kind: numbers, texts, truths, or steps of time; null stands last. */
function byField(field: keyof Task): (a: Task, b: Task) => number {
  const rank = (task: Task): number | string | null => {
    const value = task[field];
    if (typeof value === "number" || typeof value === "string") return value;
    if (typeof value === "boolean") return Number(value);
    if (value === null || typeof value !== "object" || !("days" in value)) return null;
    const { days, seconds } = value as { days: number; seconds: number };
    return days * 86_400 + seconds;
  };
  return (a, b) => {
    const [left, right] = [rank(a), rank(b)];
    if (left === null || right === null) return Number(left === null) - Number(right === null);
    return left < right ? -1 : left > right ? 1 : 0;
  };
}

const versionOrders: Orders<typeof versionListColumns> = {
  columns: versionListColumns,
  names: {
    id: ["id"],
    version_number: ["version_number"],
    bundle_name: ["bundle_name"],
    bundle_version: ["id"],
  },
  fallback: [{ name: "id", descending: false }],
  key: ["id"],
};

const versionTags = ["DagVersion"];

function registerVersions(app: ApiApp, context: AirflowContext): void {
  registerVersionList(app, context);
  registerVersion(app, context);
}

function registerVersionList(app: ApiApp, context: AirflowContext): void {
  app.get(
    "/dags/:dag_id/dagVersions",
    {
      config: { access: can("read", "DAG Versions") },
      schema: {
        operationId: "get_dag_versions",
        tags: versionTags,
        params: DagPath,
        querystring: OrderedQuery.extend({
          version_number: z.int().optional(),
          bundle_name: z.string().optional(),
          bundle_version: OptionalText,
        }),
        response: { 200: DAGVersionCollectionResponse },
      },
    },
    async ({ params, query, user }) => {
      if (params.dag_id !== everything) await knownDag(context, params.dag_id);
      const filter = {
        dagIds: await dagsOf(user, "read", "DAG Versions", params.dag_id),
        versionNumber: query.version_number,
        bundleName: query.bundle_name,
      };
      const { rows, total } = await listVersionSummaries(
        context.database,
        filter,
        pageOf(query, versionOrders),
      );
      return { dag_versions: rows.map(versionAnswer), total_entries: total };
    },
  );
}

function registerVersion(app: ApiApp, context: AirflowContext): void {
  app.get(
    "/dags/:dag_id/dagVersions/:version_number",
    {
      config: { access: can("read", "DAG Versions") },
      schema: {
        operationId: "get_dag_version",
        tags: versionTags,
        params: DagPath.extend({ version_number: z.int() }),
        response: { 200: DagVersionResponse },
      },
    },
    async ({ params }) => {
      const { dag_id: dagId, version_number: number } = params;
      const found = await findVersionByNumber(context.database, dagId, number);
      const [summary] = found === null ? [] : await versionSummaries(context.database, [found.id]);
      if (summary === undefined)
        throw new HttpProblem(
          404,
          `The DagVersion with dag_id: \`${dagId}\` and version_number: \`${number}\` was not found`,
        );
      return versionAnswer(summary);
    },
  );
}

function registerSource(app: ApiApp, context: AirflowContext): void {
  app.get(
    "/dagSources/:dag_id",
    {
      config: { access: can("read", "DAG Code") },
      schema: {
        operationId: "get_dag_source",
        tags: ["DagSource"],
        params: DagPath,
        querystring: z.object({ version_number: z.int().nullable().optional() }),
        response: { 200: z.union([DAGSourceResponse, z.string()]) },
      },
    },
    async (request, reply) => {
      const kind = accepted(request, ["application/json", "text/plain"]);
      const source = await sourceOf(context, request.params.dag_id, request.query.version_number ?? null);
      if (kind === "application/json") return source;
      reply.type("text/plain; charset=utf-8").serializer((text: unknown) => text as string);
      return source.content ?? "";
    },
  );
}

async function sourceOf(context: AirflowContext, dagId: string, versionNumber: number | null) {
  const { database } = context;
  const version =
    versionNumber === null
      ? await currentVersion(database, dagId)
      : await findVersionByNumber(database, dagId, versionNumber);
  if (version === null)
    throw new HttpProblem(
      404,
      `The source code of the Dag ${dagId}, version_number ${versionNumber} was not found`,
    );
  const dag = await knownDag(context, dagId);
  const content = (await readSources(database, version.id)).get(version.spec.relativeFile) ?? null;
  return {
    content,
    dag_id: dagId,
    version_number: version.versionNumber,
    dag_display_name: dag.displayName,
  };
}

const runStates = ["queued", "running", "success", "failed"] as const;

function registerStats(app: ApiApp, context: AirflowContext): void {
  app.get(
    "/dagStats",
    {
      config: { access: can("read", "DAG Runs") },
      schema: {
        operationId: "get_dag_stats",
        tags: ["DagStats"],
        querystring: z.object({ dag_ids: z.array(z.string()).optional() }),
        response: { 200: DagStatsCollectionResponse },
      },
    },
    async ({ query, user }) => {
      const permitted = await permittedDagIds(user, "read", "DAG Runs");
      const { dag_ids: asked } = query;
      const ids = asked?.filter((id) => permitted === null || permitted.includes(id)) ?? permitted;
      const found = await countRunsByState(context.database, ids);
      const dags = await dagSummaries(context.database, [...new Set(found.map(({ dagId }) => dagId))]);
      const answers = dags
        .sort((a, b) => (a.dagId < b.dagId ? -1 : 1))
        .map((dag) => ({
          dag_id: dag.dagId,
          dag_display_name: dag.displayName,
          stats: runStates.map((state) => ({
            state,
            count: found.find((one) => one.dagId === dag.dagId && one.state === state)?.count ?? 0,
          })),
        }));
      return { dags: answers, total_entries: answers.length };
    },
  );
}

function registerTags(app: ApiApp, context: AirflowContext): void {
  const orders: Orders<typeof dagTagColumns> = {
    columns: dagTagColumns,
    names: { name: ["name"] },
    fallback: [{ name: "name", descending: false }],
    key: ["name"],
  };
  app.get(
    "/dagTags",
    {
      config: { access: can("read", "DAGs") },
      schema: {
        operationId: "get_dag_tags",
        tags: ["DAG"],
        querystring: OrderedQuery.extend(patterns("tag_name")),
        response: { 200: DAGTagCollectionResponse },
      },
    },
    async ({ query, user }) => {
      const filter = {
        pattern: query.tag_name_pattern,
        prefix: query.tag_name_prefix_pattern,
        dagIds: await permittedDagIds(user, "read", "DAGs"),
      };
      const { rows, total } = await listDagTags(context.database, filter, pageOf(query, orders));
      return { tags: rows.map(({ tag }) => tag), total_entries: total };
    },
  );
}

const warningOrders: Orders<typeof dagWarningColumns> = {
  columns: dagWarningColumns,
  names: {
    dag_id: ["dag_id"],
    warning_type: ["warning_type"],
    message: ["message"],
    timestamp: ["timestamp"],
  },
  fallback: [{ name: "dag_id", descending: false }],
  key: ["dag_id", "warning_type", "message"],
};

function registerWarnings(app: ApiApp, context: AirflowContext): void {
  app.get(
    "/dagWarnings",
    {
      config: { access: can("read", "DAG Warnings") },
      schema: {
        operationId: "list_dag_warnings",
        tags: ["DagWarning"],
        querystring: OrderedQuery.extend({
          dag_id: OptionalText,
          warning_type: DagWarningType.nullable().optional(),
        }),
        response: { 200: DAGWarningCollectionResponse },
      },
    },
    async ({ query, user }) => {
      const filter = {
        dagId: query.dag_id,
        kind: query.warning_type,
        dagIds: await permittedDagIds(user, "read", "DAG Warnings"),
      };
      const { rows, total } = await listDagWarnings(context.database, filter, pageOf(query, warningOrders));
      const warnings = rows.map(({ dagId, kind, message, occurredAt, displayName }) => ({
        dag_id: dagId,
        warning_type: kind as z.output<typeof DagWarningType>,
        message,
        timestamp: isoDate(occurredAt),
        dag_display_name: displayName,
      }));
      return { dag_warnings: warnings, total_entries: total };
    },
  );
}
