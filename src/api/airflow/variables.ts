/** /variables. Values under names that mean secrets are written, and never shown. */
import { z } from "zod";
import type { Json } from "../../core/dag-model.ts";
import { maskedValue } from "../../logs/secret-masker.ts";
import { listVariablePage, variableListColumns } from "../../store/lists/configuration.ts";
import { deleteVariable, getVariable, setVariable, type Variable } from "../../store/variables.ts";
import type { ApiApp } from "../app.ts";
import { can } from "../auth/access.ts";
import { HttpProblem } from "../http-problem.ts";
import { isSecretName } from "../secret-names.ts";
import { registerBulk } from "./bulk.ts";
import type { AirflowContext } from "./context.ts";
import { OrderedQuery, type Orders, pageOf } from "./list-page.ts";
import { patterns } from "./ranges.ts";
import { VariableBody, VariableCollectionResponse, VariableResponse } from "./schemas/admin.ts";
import { fieldsToChange, UpdateMask } from "./scope.ts";

const KeyPath = z.object({ variable_key: z.string() });
const ListQuery = OrderedQuery.extend(patterns("variable_key"));

const orders: Orders<typeof variableListColumns> = {
  columns: variableListColumns,
  names: {
    key: ["key"],
    id: ["key"],
    _val: ["key"],
    description: ["description"],
    is_encrypted: ["key"],
    team_name: ["key"],
  },
  fallback: [{ name: "key", descending: false }],
  key: ["key"],
};

const tags = ["Variable"];

export function registerVariables(app: ApiApp, context: AirflowContext): void {
  registerReads(app, context);
  registerWrites(app, context);
  const { database, parts } = context;
  registerBulk(
    app,
    "/variables",
    { resource: "Variables", tags, entity: VariableBody, name: "VariableBody" },
    {
      called: "variables with these variable keys",
      nameOf: ({ key }) => key,
      isThere: async (key) => (await getVariable(database, parts.secrets, key)) !== null,
      put: (body) => put(context, body.key, body),
      change: (body, mask) => change(context, body, mask),
      remove: (key) => deleteVariable(database, key),
    },
  );
}

function registerReads(app: ApiApp, context: AirflowContext): void {
  app.get(
    "/variables",
    {
      config: { access: can("read", "Variables") },
      schema: {
        operationId: "get_variables",
        tags,
        querystring: ListQuery,
        response: { 200: VariableCollectionResponse },
      },
    },
    async ({ query }) => {
      const filter = { pattern: query.variable_key_pattern, prefix: query.variable_key_prefix_pattern };
      const { database, parts } = context;
      const { rows, total } = await listVariablePage(database, parts.secrets, filter, pageOf(query, orders));
      return { variables: rows.map((row) => variableAnswer(context, row)), total_entries: total };
    },
  );

  app.get(
    "/variables/:variable_key",
    {
      config: { access: can("read", "Variables") },
      schema: { operationId: "get_variable", tags, params: KeyPath, response: { 200: VariableResponse } },
    },
    async ({ params }) => variableAnswer(context, await knownVariable(context, params.variable_key)),
  );
}

function registerWrites(app: ApiApp, context: AirflowContext): void {
  registerCreation(app, context);
  registerChange(app, context);
  registerDeletion(app, context);
}

function registerCreation(app: ApiApp, context: AirflowContext): void {
  const { database, parts } = context;
  app.post(
    "/variables",
    {
      config: { access: can("create", "Variables") },
      schema: { operationId: "post_variable", tags, body: VariableBody, response: { 201: VariableResponse } },
    },
    async ({ body }, reply) => {
      if ((await getVariable(database, parts.secrets, body.key)) !== null)
        throw new HttpProblem(409, `The Variable with key: \`${body.key}\` already exists`);
      reply.code(201);
      return variableAnswer(context, await put(context, body.key, body));
    },
  );
}

function registerChange(app: ApiApp, context: AirflowContext): void {
  app.patch(
    "/variables/:variable_key",
    {
      config: { access: can("edit", "Variables") },
      schema: {
        operationId: "patch_variable",
        tags,
        params: KeyPath,
        querystring: UpdateMask,
        body: VariableBody,
        response: { 200: VariableResponse },
      },
    },
    async ({ params, body, query }) => {
      if (body.key !== params.variable_key)
        throw new HttpProblem(400, "Invalid body, key from request body doesn't match uri parameter");
      return variableAnswer(context, await change(context, body, query.update_mask));
    },
  );
}

function registerDeletion(app: ApiApp, context: AirflowContext): void {
  const { database } = context;
  app.delete(
    "/variables/:variable_key",
    {
      config: { access: can("delete", "Variables") },
      schema: { operationId: "delete_variable", tags, params: KeyPath, response: { 204: z.void() } },
    },
    async ({ params }, reply) => {
      await knownVariable(context, params.variable_key);
      await deleteVariable(database, params.variable_key);
      reply.code(204);
    },
  );
}

type Body = z.output<typeof VariableBody>;

const textOf = (value: Json): string => (typeof value === "string" ? value : JSON.stringify(value));

async function put({ database, parts }: AirflowContext, key: string, body: Body): Promise<Variable> {
  const variable = { key, value: textOf(body.value), description: body.description ?? null };
  await setVariable(database, parts.secrets, variable);
  return variable;
}

async function change(context: AirflowContext, body: Body, mask: readonly string[] | null | undefined) {
  const before = await knownVariable(context, body.key);
  const fields = fieldsToChange(body, mask);
  return put(context, body.key, {
    ...body,
    value: fields.has("value") ? body.value : before.value,
    description: fields.has("description") ? body.description : before.description,
  });
}

async function knownVariable({ database, parts }: AirflowContext, key: string): Promise<Variable> {
  const found = await getVariable(database, parts.secrets, key);
  if (found === null) throw new HttpProblem(404, `The Variable with key: \`${key}\` was not found`);
  return found;
}

function variableAnswer(
  { parts }: AirflowContext,
  { key, value, description }: Variable,
): z.output<typeof VariableResponse> {
  const shown = isSecretName(parts.config, key) && value !== "" ? maskedValue : value;
  return { key, value: shown, description, is_encrypted: true, team_name: null };
}
