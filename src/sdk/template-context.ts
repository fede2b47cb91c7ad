/** The names that a task's templates see: Airflow's context, from what the runtime knows and can ask. */
import type { JinjaEnvironmentKwargs } from "./jinja-environment.ts";
import { renderTemplate, renderValue, type TemplatePlace, type TemplateScope } from "./template.ts";
import { TemplateDate } from "./template-date.ts";
import type { TemplateFilter } from "./template-filters.ts";
import { dateNames, type MacroSources, templateMacros } from "./template-macros.ts";
import { Later, Lookup, TemplateFunction, Undefined } from "./template-values.ts";

export interface TemplateConnection {
  connId: string;
  connType: string;
  host?: string | null;
  login?: string | null;
  password?: string | null;
  schema?: string | null;
  port?: number | null;
  extra?: { [key: string]: unknown } | null;
}

/** Everything a template may read. Instants are ISO 8601 strings. */
export interface TemplateFacts {
  readonly dagId: string;
  readonly taskId: string;
  readonly runId: string;
  readonly runType: string;
  readonly mapIndex: number;
  readonly tryNumber: number;
  readonly maxTries: number;
  readonly logicalDate: string | null;
  readonly dataIntervalStart: string | null;
  readonly dataIntervalEnd: string | null;
  readonly runAfter: string;
  readonly dagRunStartDate: string | null;
  readonly startDate: string | null;
  readonly conf: unknown;
  readonly params: { readonly [name: string]: unknown };
  readonly timezone: string;
  readonly task: { readonly [name: string]: unknown };
  readonly dag: { readonly [name: string]: unknown };
  readonly taskRescheduleCount: number;
  readonly expandedTiCount: number | null;
  readonly testMode: boolean;
  /** Anything else by its name: inlets, exception, reason, values of `expand`, … */
  readonly extra: { readonly [name: string]: unknown };
  readonly userMacros: { readonly [name: string]: unknown };
  readonly userFilters: { readonly [name: string]: (...args: never[]) => unknown };
}

/** What rendering may ask for; each answers undefined where there is nothing of that name. */
export interface TemplateLookups extends MacroSources {
  readonly variable: (key: string) => Promise<string | undefined>;
  readonly connection: (connId: string) => Promise<TemplateConnection | undefined>;
  readonly xcom: (request: {
    taskIds: string[] | null;
    dagId?: string | undefined;
    runId?: string | undefined;
    key: string;
    mapIndexes?: number[] | undefined;
    includePriorDates: boolean;
  }) => Promise<unknown>;
  readonly triggeringAssetEvents: () => Promise<unknown>;
}

/** Renders the options of one attempt; the same scope serves all of them. */
export class TemplateContext {
  readonly #scope: TemplateScope;
  readonly #native: boolean;
  constructor(
    facts: TemplateFacts,
    lookups: TemplateLookups,
    { native = false, environment = {} }: { native?: boolean; environment?: JinjaEnvironmentKwargs } = {},
  ) {
    this.#scope = {
      environment,
      values: scopeValues(facts, lookups),
      filters: Object.fromEntries(
        Object.entries(facts.userFilters).map(([name, filter]): [string, TemplateFilter] => [
          name,
          (value, args) => (filter as (...args: unknown[]) => unknown)(value, ...args),
        ]),
      ),
    };
    this.#native = native;
  }
  /** Renders all strings in a value. */
  render(value: unknown, place: TemplatePlace): Promise<unknown> {
    return renderValue(value, this.#scope, place, this.#native);
  }
  /** Renders with more names, for `map_index_template` after the task has run. */
  async renderText(
    text: string,
    place: TemplatePlace,
    more: { [name: string]: unknown } = {},
  ): Promise<string> {
    const scope = { ...this.#scope, values: { ...this.#scope.values, ...more } };
    return String(await renderTemplate(text, scope, place));
  }
}

function date(text: string | null): TemplateDate | null {
  return text === null ? null : new TemplateDate(Date.parse(text));
}

function scopeValues(facts: TemplateFacts, lookups: TemplateLookups): { [name: string]: unknown } {
  const logical = date(facts.logicalDate);
  const dated: { [name: string]: unknown } = logical
    ? {
        logical_date: logical,
        data_interval_start: date(facts.dataIntervalStart),
        data_interval_end: date(facts.dataIntervalEnd),
        ...dateNames(logical),
      }
    : {};
  const ti = taskInstance(facts, lookups);
  return {
    ...dated,
    conn: connections(lookups),
    dag: { dag_id: facts.dagId, ...facts.dag },
    dag_run: dagRun(facts),
    expanded_ti_count: facts.expandedTiCount,
    macros: templateMacros(lookups),
    params: facts.params,
    run_id: facts.runId,
    task: { task_id: facts.taskId, ...facts.task },
    task_instance: ti,
    ti,
    task_instance_key_str: `${facts.dagId}__${facts.taskId}__${logical?.strftime("%Y%m%d") ?? facts.runId}`,
    task_reschedule_count: facts.taskRescheduleCount,
    templates_dict: null,
    test_mode: facts.testMode,
    triggering_asset_events: new Later(() => lookups.triggeringAssetEvents()),
    try_number: facts.tryNumber,
    var: variables(lookups),
    range: new TemplateFunction(([start, stop, step = 1]) => range(start, stop, Number(step))),
    dict: new TemplateFunction((_, kwargs) => kwargs),
    namespace: new TemplateFunction((_, kwargs) => ({ ...kwargs })),
    ...facts.extra,
    ...wrapAll(facts.userMacros),
  };
}

function wrapAll(macros: { readonly [name: string]: unknown }): { [name: string]: unknown } {
  return Object.fromEntries(
    Object.entries(macros).map(([name, value]) => [
      name,
      typeof value === "function"
        ? new TemplateFunction((args) => (value as (...args: unknown[]) => unknown)(...args))
        : value,
    ]),
  );
}

function dagRun(facts: TemplateFacts): { [name: string]: unknown } {
  return {
    dag_id: facts.dagId,
    run_id: facts.runId,
    run_type: facts.runType,
    conf: facts.conf ?? {},
    logical_date: date(facts.logicalDate),
    data_interval_start: date(facts.dataIntervalStart),
    data_interval_end: date(facts.dataIntervalEnd),
    run_after: date(facts.runAfter),
    start_date: date(facts.dagRunStartDate),
  };
}

function taskInstance(facts: TemplateFacts, lookups: TemplateLookups): { [name: string]: unknown } {
  const pull = new TemplateFunction(async ([taskIds, dagId, key], kwargs) => {
    const ids = kwargs["task_ids"] ?? taskIds ?? null;
    const maps = kwargs["map_indexes"];
    const value = await lookups.xcom({
      taskIds: ids === null ? null : Array.isArray(ids) ? ids.map(String) : [String(ids)],
      dagId: optionalText(kwargs["dag_id"] ?? dagId),
      runId: optionalText(kwargs["run_id"]),
      key: optionalText(kwargs["key"] ?? key) ?? "return_value",
      mapIndexes:
        maps === undefined || maps === null ? undefined : (Array.isArray(maps) ? maps : [maps]).map(Number),
      includePriorDates: Boolean(kwargs["include_prior_dates"]),
    });
    const single = Array.isArray(value) && !Array.isArray(ids) && value.length === 0 ? undefined : value;
    return single ?? kwargs["default"] ?? null;
  });
  return {
    dag_id: facts.dagId,
    task_id: facts.taskId,
    run_id: facts.runId,
    map_index: facts.mapIndex,
    try_number: facts.tryNumber,
    max_tries: facts.maxTries,
    start_date: date(facts.startDate),
    task: { task_id: facts.taskId, ...facts.task },
    xcom_pull: pull,
  };
}

function variables(lookups: TemplateLookups): { [name: string]: unknown } {
  const reader = (kind: "value" | "json") => {
    const read = async (key: string): Promise<unknown> => {
      const text = await lookups.variable(key);
      if (text === undefined) return new Undefined(`var.${kind}.${key}`);
      return kind === "json" ? (JSON.parse(text) as unknown) : text;
    };
    const get = new TemplateFunction(async ([key, fallback], kwargs) => {
      const value = await read(String(key));
      if (!(value instanceof Undefined)) return value;
      return fallback ?? kwargs["default_var"] ?? kwargs["default"] ?? null;
    });
    return new Lookup(`var.${kind}`, read, { get });
  };
  return { value: reader("value"), json: reader("json") };
}

function connections(lookups: TemplateLookups): Lookup {
  const read = async (connId: string): Promise<unknown> => {
    const found = await lookups.connection(connId);
    return found ? connectionValue(found) : new Undefined(`conn.${connId}`);
  };
  const get = new TemplateFunction(async ([connId, fallback], kwargs) => {
    const value = await read(String(connId));
    return value instanceof Undefined ? (fallback ?? kwargs["default_conn"] ?? null) : value;
  });
  return new Lookup("conn", read, { get });
}

function connectionValue(connection: TemplateConnection): { [name: string]: unknown } {
  return {
    conn_id: connection.connId,
    conn_type: connection.connType,
    host: connection.host ?? null,
    login: connection.login ?? null,
    password: connection.password ?? null,
    schema: connection.schema ?? null,
    port: connection.port ?? null,
    extra: JSON.stringify(connection.extra ?? {}),
    extra_dejson: connection.extra ?? {},
  };
}

function optionalText(value: unknown): string | undefined {
  return value === undefined || value === null ? undefined : String(value as string);
}

function range(start: unknown, stop: unknown, step: number): number[] {
  const [from, to] = stop === undefined ? [0, Number(start)] : [Number(start), Number(stop)];
  const size = Math.max(0, Math.ceil((to - from) / step));
  if (size > 100_000) throw new RangeError(`range() of ${size} items is longer than 100000`);
  return Array.from({ length: size }, (_, i) => from + i * step);
}
