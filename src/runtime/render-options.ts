/** Renders the template fields of a task, and the label of a mapped instance. Loaded with the first template. */
import { TradewindError } from "../errors.ts";
import type { TaskDefinition } from "../sdk/task.ts";
import { hasTemplate } from "../sdk/template.ts";
import { TemplateContext, type TemplateFacts, type TemplateLookups } from "../sdk/template-context.ts";
import { TemplateDate } from "../sdk/template-date.ts";
import { Later } from "../sdk/template-values.ts";
import type { Clock } from "../time.ts";
import type { AttemptClient } from "./attempt-client.ts";
import { type AttemptContext, pulled } from "./attempt-context.ts";
import type { StartTask } from "./protocol.ts";
import { indexOf, type RunnableDag } from "./runnable-dag.ts";

type Values = { [name: string]: unknown };

/** Whether any string in the value is a template, or names a file that is one. */
export function needsRendering(value: unknown, extensions: readonly string[]): boolean {
  if (typeof value === "string")
    return hasTemplate(value) || extensions.some((extension) => value.endsWith(extension));
  if (Array.isArray(value)) return value.some((item) => needsRendering(item, extensions));
  if (value === null || typeof value !== "object" || Object.getPrototypeOf(value) !== Object.prototype)
    return false;
  return Object.values(value).some((item) => needsRendering(item, extensions));
}

export class OptionRenderer {
  readonly #template: TemplateContext;
  readonly #dag: RunnableDag;
  readonly #start: StartTask;

  constructor(
    start: StartTask,
    dag: RunnableDag,
    context: AttemptContext,
    client: AttemptClient,
    clock: Clock,
  ) {
    this.#start = start;
    this.#dag = dag;
    const native = (context.task as { renderTemplateAsNativeObj?: boolean }).renderTemplateAsNativeObj;
    this.#template = new TemplateContext(
      factsOf(start, dag, context, client),
      lookupsOf(context, client, clock),
      { native: native ?? dag.spec.renderTemplateAsNativeObj, environment: dag.jinjaEnvironment },
    );
  }

  /** The values with all template fields rendered; values in `data` came from other tasks and stay as they are. */
  async fields(definition: TaskDefinition, values: Values, data: ReadonlySet<string>): Promise<Values> {
    const rendered = { ...values };
    for (const field of definition.templateFields) {
      const value = values[field];
      if (data.has(field) || !needsRendering(value, definition.templateExtensions)) continue;
      const text = await this.#withFiles(value, definition.templateExtensions);
      rendered[field] = await this.#template.render(text, { field, taskId: definition.taskId });
    }
    return rendered;
  }

  /** Any value, for notifiers. */
  render(value: unknown, field: string): Promise<unknown> {
    return this.#template.render(value, { field, taskId: this.#start.task.taskId });
  }

  label(template: string, names: Values): Promise<string> {
    const place = { field: "mapIndexTemplate", taskId: this.#start.task.taskId };
    return this.#template.renderText(template, place, names);
  }

  async #withFiles(value: unknown, extensions: readonly string[]): Promise<unknown> {
    if (typeof value === "string") {
      return extensions.some((extension) => value.endsWith(extension)) ? this.#readTemplate(value) : value;
    }
    if (Array.isArray(value)) return Promise.all(value.map((item) => this.#withFiles(item, extensions)));
    return value;
  }

  async #readTemplate(name: string): Promise<string> {
    const { readFile } = await import("node:fs/promises");
    const { dirname, join, resolve } = await import("node:path");
    const { dagsFolder, relativeFile } = this.#start.code;
    const folders = [...this.#dag.templateSearchpath, dirname(join(dagsFolder, relativeFile))];
    for (const folder of folders) {
      try {
        return await readFile(resolve(folder, name), "utf8");
      } catch (error) {
        if ((error as { code?: string }).code !== "ENOENT") throw error;
      }
    }
    throw new TradewindError(
      "TW_TEMPLATE_FAILED",
      `expected the template file "${name}" in ${folders.join(" or ")}, found none`,
      {
        hint: "a value that ends in the extension of a template is read as a file; put a space after it if it is a command",
      },
    );
  }
}

function factsOf(
  start: StartTask,
  dag: RunnableDag,
  context: AttemptContext,
  client: AttemptClient,
): TemplateFacts {
  const { task, run } = start;
  const earlier = (pick: (run: { [name: string]: unknown }) => unknown) =>
    new Later(async () => pick(await lastSuccess(context, client)));
  return {
    ...task,
    ...run,
    dagRunStartDate: run.startDate,
    startDate: task.startDate,
    params: context.params,
    timezone: dag.spec.timezone,
    task: { ...snakeCase(context.task), parameters: context.task.options },
    dag: snakeCase(dag.spec),
    taskRescheduleCount: context.taskRescheduleCount,
    expandedTiCount: context.expandedTiCount,
    testMode: context.testMode,
    extra: {
      inlets: context.inlets,
      outlets: context.outlets,
      map_index_template: context.mapIndexTemplate,
      prev_data_interval_start_success: earlier((run) => dateOrNull(run["dataIntervalStart"])),
      prev_data_interval_end_success: earlier((run) => dateOrNull(run["dataIntervalEnd"])),
      prev_start_date_success: earlier((run) => dateOrNull(run["startDate"])),
      prev_end_date_success: earlier((run) => dateOrNull(run["endDate"])),
      ...(context.exception === undefined ? {} : { exception: String(context.exception) }),
      ...(context.reason === undefined ? {} : { reason: context.reason }),
    },
    userMacros: dag.userMacros,
    userFilters: dag.userFilters,
  };
}

/** The last successful run of the Dag before this one; an empty object where there is none. */
async function lastSuccess(
  context: AttemptContext,
  client: AttemptClient,
): Promise<{ [name: string]: unknown }> {
  const date = context.dagRun.logicalDate;
  if (date === null) return {};
  const runs = await client.listDagRuns({
    dagId: context.dagId,
    states: ["success"],
    orderBy: "-logicalDate",
    limit: 50,
  });
  return { ...runs.find((run) => run.logicalDate !== null && Date.parse(run.logicalDate) < date.getTime()) };
}

function dateOrNull(text: unknown): TemplateDate | null {
  return typeof text === "string" ? TemplateDate.parse(text) : null;
}

function lookupsOf(context: AttemptContext, client: AttemptClient, clock: Clock): TemplateLookups {
  return {
    now: () => clock.now(),
    random: () => Math.random(),
    uuid: () => crypto.randomUUID(),
    variable: async (key) => (await client.getVariable(key)) ?? undefined,
    connection: async (connId) => {
      const found = await client.getConnection(connId);
      if (found === null) return undefined;
      const { id, type, extra, ...rest } = found;
      return { connId: id, connType: type, ...rest, extra: extra ? (JSON.parse(extra) as Values) : null };
    },
    xcom: async ({ taskIds, dagId, runId, key, mapIndexes, includePriorDates }) => {
      const options = {
        ...(taskIds === null
          ? {}
          : { taskIds: taskIds.length === 1 && taskIds[0] !== undefined ? taskIds[0] : taskIds }),
        ...(dagId === undefined ? {} : { dagId }),
        ...(runId === undefined ? {} : { runId }),
        ...(mapIndexes === undefined
          ? {}
          : {
              mapIndexes: mapIndexes.length === 1 && mapIndexes[0] !== undefined ? mapIndexes[0] : mapIndexes,
            }),
        key,
        includePriorDates,
      };
      return pulled(await client.pullXComs(options), options, indexOf(context.dag).tasks);
    },
    triggeringAssetEvents: async () =>
      Object.groupBy(context.triggeringAssetEvents.all(), (event) => event.asset.uri),
  };
}

/** Airflow's names for the fields of a task or Dag: `retryDelay` is `task.retry_delay` in templates. */
function snakeCase(object: object): Values {
  return Object.fromEntries(
    Object.entries(object).map(([name, value]) => [
      name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`),
      value,
    ]),
  );
}
