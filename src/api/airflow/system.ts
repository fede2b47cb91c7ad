/** /config, /providers and /plugins: what this installation is made of. */
import type { FastifyReply, FastifyRequest } from "fastify";
import { z } from "zod";
import type { ConfigEntry } from "../../config.ts";
import { listPluginImportErrors, listPlugins, type PluginRow } from "../../store/plugins.ts";
import { version } from "../../version.ts";
import type { ApiApp } from "../app.ts";
import { can } from "../auth/access.ts";
import { HttpProblem } from "../http-problem.ts";
import { accepted } from "./accept.ts";
import type { AirflowContext } from "./context.ts";
import { PageQuery } from "./list-page.ts";
import { OptionalText } from "./ranges.ts";
import {
  Config,
  PluginCollectionResponse,
  PluginImportErrorCollectionResponse,
  type PluginResponse,
  ProviderCollectionResponse,
} from "./schemas/system.ts";

export function registerSystem(app: ApiApp, context: AirflowContext): void {
  registerConfig(app, context);
  registerProviders(app);
  registerPlugins(app, context);
}

type Sections = z.output<typeof Config>["sections"];

function registerConfig(app: ApiApp, context: AirflowContext): void {
  const tags = ["Config"];
  const response = { 200: z.union([Config, z.string()]) };
  const access = can("read", "Configurations");
  app.get(
    "/config",
    {
      config: { access },
      schema: { operationId: "get_config", tags, querystring: z.object({ section: OptionalText }), response },
    },
    async (request, reply) => {
      const { section = null } = request.query;
      const sections = sectionsOf(context.parts.config.entries, section);
      if (section !== null && sections.length === 0)
        throw new HttpProblem(404, `Section ${section} not found.`);
      return inKind(request, reply, sections);
    },
  );

  app.get(
    "/config/section/:section/option/:option",
    {
      config: { access },
      schema: {
        operationId: "get_config_value",
        tags,
        params: z.object({ section: z.string(), option: z.string() }),
        response,
      },
    },
    async (request, reply) => {
      const { section, option } = request.params;
      const [found] = sectionsOf(context.parts.config.entries, section.toLowerCase());
      const options = found?.options.filter(({ key }) => key === option.toLowerCase()) ?? [];
      if (options.length === 0) throw new HttpProblem(404, `Option [${section}/${option}] not found.`);
      return inKind(request, reply, [{ name: section, options }]);
    },
  );
}

function sectionsOf(entries: readonly ConfigEntry[], only: string | null): Sections {
  const chosen = entries.filter(({ section }) => only === null || section === only);
  return [...Map.groupBy(chosen, ({ section }) => section)].map(([name, own]) => ({
    name,
    options: own.map(({ key, value, option }) => ({
      key,
      value: option.secret && value !== "" ? "< hidden >" : String(value),
    })),
  }));
}

function inKind(
  request: FastifyRequest,
  reply: FastifyReply,
  sections: Sections,
): { sections: Sections } | string {
  if (accepted(request, ["application/json", "text/plain"]) === "application/json") return { sections };
  reply.type("text/plain; charset=utf-8").serializer((text: unknown) => text as string);
  return sections
    .map(({ name, options }) =>
      [`[${name}]`, ...options.map(({ key, value }) => `${key} = ${value}`)].join("\n"),
    )
    .join("\n\n");
}

/** What Tradewind speaks to without anything else installed, under the names of Airflow's providers. */
const providers: readonly [name: string, description: string][] = [
  ["apache-airflow-providers-common-sql", "SQL operators, checks and sensors"],
  ["apache-airflow-providers-http", "HttpHook, HttpOperator, HttpSensor"],
  ["apache-airflow-providers-postgres", "PostgresHook"],
  ["apache-airflow-providers-smtp", "SmtpHook, EmailOperator, mail on failure and retry"],
  ["apache-airflow-providers-standard", "Bash, Python, branching, sensors, human input"],
];

function registerProviders(app: ApiApp): void {
  app.get(
    "/providers",
    {
      config: { access: can("read", "Providers") },
      schema: {
        operationId: "get_providers",
        tags: ["Provider"],
        querystring: PageQuery,
        response: { 200: ProviderCollectionResponse },
      },
    },
    async ({ query }) => ({
      providers: providers.slice(query.offset, query.offset + query.limit).map(([name, description]) => ({
        package_name: name,
        description,
        version,
        documentation_url: null,
      })),
      total_entries: providers.length,
    }),
  );
}

/** As the Dag processor wrote them down: nothing of them is loaded into the server. */
function registerPlugins(app: ApiApp, { database }: AirflowContext): void {
  const access = can("read", "Plugins");
  const tags = ["Plugin"];
  app.get(
    "/plugins",
    {
      config: { access },
      schema: {
        operationId: "get_plugins",
        tags,
        querystring: PageQuery,
        response: { 200: PluginCollectionResponse },
      },
    },
    async ({ query }) => {
      const { rows, total } = await listPlugins(database, query);
      return { plugins: rows.map(pluginAnswer), total_entries: total };
    },
  );

  app.get(
    "/plugins/importErrors",
    {
      config: { access },
      schema: {
        operationId: "import_errors",
        tags,
        response: { 200: PluginImportErrorCollectionResponse },
      },
    },
    async () => {
      const errors = await listPluginImportErrors(database);
      return { import_errors: errors, total_entries: errors.length };
    },
  );
}

type Answer = z.output<typeof PluginResponse>;

/** `contents` are as python/tradewind/plugins_report.py made them: under these names, with all fields. */
function pluginAnswer({ name, source, contents }: PluginRow): Answer {
  const of = <Kind extends keyof Answer>(kind: Kind): Answer[Kind] => (contents[kind] ?? []) as Answer[Kind];
  return {
    name,
    source,
    macros: of("macros"),
    flask_blueprints: of("flask_blueprints"),
    fastapi_apps: of("fastapi_apps"),
    fastapi_root_middlewares: of("fastapi_root_middlewares"),
    external_views: of("external_views"),
    react_apps: of("react_apps"),
    appbuilder_views: of("appbuilder_views"),
    appbuilder_menu_items: of("appbuilder_menu_items"),
    global_operator_extra_links: of("global_operator_extra_links"),
    operator_extra_links: of("operator_extra_links"),
    listeners: of("listeners"),
    timetables: of("timetables"),
  };
}
