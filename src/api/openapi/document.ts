/**
 * The OpenAPI 3.1 document, made of the schemas that check requests and write answers. Schemas with an id (Zod's
 * `meta`) become components under that name, as Airflow's generated clients expect them.
 */
import { z } from "zod";
import type { Access } from "../auth/access.ts";
import type { ApiRoute } from "../route-table.ts";

type JsonObject = { [key: string]: unknown };

export interface OpenApiDocument extends JsonObject {
  readonly paths: { readonly [path: string]: { readonly [method: string]: Operation } };
  readonly components: JsonObject & { readonly schemas: JsonObject };
}

export interface Operation extends JsonObject {
  readonly operationId: string;
  readonly tags: readonly string[];
  readonly summary?: string;
  readonly description?: string;
  readonly parameters?: readonly Parameter[];
  readonly requestBody?: JsonObject;
  readonly responses: { readonly [status: string]: JsonObject };
}

export interface Parameter extends JsonObject {
  readonly name: string;
  readonly in: "path" | "query" | "header";
  readonly required: boolean;
  readonly schema: JsonObject;
}

const errorSchemas = {
  HTTPExceptionResponse: {
    type: "object",
    title: "HTTPExceptionResponse",
    properties: { detail: { anyOf: [{ type: "string" }, { type: "object" }] } },
    required: ["detail"],
  },
  HTTPValidationError: {
    type: "object",
    title: "HTTPValidationError",
    properties: { detail: { type: "array", items: { $ref: "#/components/schemas/ValidationError" } } },
  },
  ValidationError: {
    type: "object",
    title: "ValidationError",
    properties: {
      loc: { type: "array", items: { anyOf: [{ type: "string" }, { type: "integer" }] } },
      msg: { type: "string" },
      type: { type: "string" },
    },
    required: ["loc", "msg", "type"],
  },
};

export function openApiDocument(routes: readonly ApiRoute[], version: string): OpenApiDocument {
  const components: JsonObject = { ...errorSchemas };
  const paths: { [path: string]: { [method: string]: Operation } } = {};
  for (const route of routes) {
    if (route.schema.hide === true) continue;
    const path = openApiPath(route.path);
    paths[path] = { ...paths[path], [route.method.toLowerCase()]: operationOf(route, components) };
  }
  return {
    openapi: "3.1.0",
    info: {
      title: "Tradewind",
      version,
      description: "Airflow's REST API v2, MLflow's REST API, and what Tradewind's page uses beside them.",
    },
    paths: sorted(paths),
    components: {
      schemas: sorted(components),
      securitySchemes: {
        HTTPBearer: {
          type: "http",
          scheme: "bearer",
          description: "A token of POST /auth/token or /auth/tokens",
        },
        HTTPBasic: { type: "http", scheme: "basic" },
        Session: {
          type: "apiKey",
          in: "cookie",
          name: "_token",
          description: "Changes need X-CSRF-Token, too",
        },
      },
    },
  };
}

function openApiPath(path: string): string {
  return path.replace(/:(\w+)/g, "{$1}").replace("*", "{path}");
}

function operationOf(route: ApiRoute, components: JsonObject): Operation {
  const { schema, access, method, path } = route;
  const parameters = [
    ...parametersOf("path", schema.params, path, components),
    ...parametersOf("query", schema.querystring, path, components),
    ...parametersOf("header", schema.headers, path, components),
  ];
  const body = schema.body === undefined ? undefined : jsonSchema(schema.body as z.ZodType, components);
  return {
    operationId: schema.operationId ?? operationName(method, path),
    tags: schema.tags ?? [tagOf(path)],
    ...(schema.summary === undefined ? {} : { summary: schema.summary }),
    ...(schema.description === undefined ? {} : { description: schema.description }),
    ...(schema.deprecated === true ? { deprecated: true } : {}),
    ...(parameters.length === 0 ? {} : { parameters }),
    ...(body === undefined
      ? {}
      : { requestBody: { content: { "application/json": { schema: body } }, required: true } }),
    responses: responsesOf(route, components),
    ...securityOf(access),
  };
}

function operationName(method: string, path: string): string {
  const words = openApiPath(path).match(/\w+/g) ?? [];
  return [method.toLowerCase(), ...words].join("_");
}

function tagOf(path: string): string {
  if (path.includes("/mlflow")) return "MLflow";
  return path.startsWith("/ui/") ? "Page" : "Other";
}

function securityOf(access: Access): JsonObject {
  if (access === "public") return { security: [] };
  const security = [{ HTTPBearer: [] }, { HTTPBasic: [] }, { Session: [] }];
  if (access === "signed-in") return { security };
  return { security, "x-permission": access.map(({ action, resource }) => `can_${action} ${resource}`) };
}

function responsesOf({ schema, access, path }: ApiRoute, components: JsonObject): Operation["responses"] {
  const responses: { [status: string]: JsonObject } = {};
  const given = (schema.response ?? {}) as Record<string, z.ZodType>;
  for (const [status, answer] of Object.entries(given))
    responses[status] = {
      description: "Successful Response",
      content: { "application/json": { schema: jsonSchema(answer, components) } },
    };
  if (Object.keys(responses).length === 0) responses["default"] = { description: "See the description" };
  const error = (name: string, description: string): JsonObject => ({
    description,
    content: { "application/json": { schema: { $ref: `#/components/schemas/${name}` } } },
  });
  if (access !== "public") {
    responses["401"] ??= error("HTTPExceptionResponse", "Unauthorized");
    responses["403"] ??= error("HTTPExceptionResponse", "Forbidden");
  }
  if (path.includes(":")) responses["404"] ??= error("HTTPExceptionResponse", "Not Found");
  if (schema.body ?? schema.querystring ?? schema.params)
    responses["422"] ??= error("HTTPValidationError", "Validation Error");
  return responses;
}

function parametersOf(
  where: Parameter["in"],
  schema: unknown,
  path: string,
  components: JsonObject,
): Parameter[] {
  const described = schema === undefined ? {} : jsonSchema(schema as z.ZodType, components);
  const { properties = {}, required = [] } = resolved(described, components) as {
    properties?: { [name: string]: JsonObject };
    required?: string[];
  };
  const parameters = Object.entries(properties).map(([name, field]) => ({
    name: name === "*" ? "path" : name,
    in: where,
    required: where === "path" || required.includes(name),
    schema: field,
  }));
  if (where !== "path") return parameters;
  const named = new Set(parameters.map(({ name }) => name));
  const missing = [...openApiPath(path).matchAll(/\{(\w+)\}/g)].map((match) => match[1] as string);
  return [
    ...parameters,
    ...missing
      .filter((name) => !named.has(name))
      .map((name) => ({ name, in: where, required: true, schema: { type: "string" } })),
  ];
}

function resolved(schema: JsonObject, components: JsonObject): JsonObject {
  const { $ref } = schema;
  return typeof $ref === "string" ? (components[$ref.split("/").at(-1) ?? ""] as JsonObject) : schema;
}

/** What travels: answers are encoded, so that for both directions it is the schema's input. */
function jsonSchema(schema: z.ZodType, components: JsonObject): JsonObject {
  const written = z.toJSONSchema(schema, {
    io: "input",
    target: "draft-2020-12",
    unrepresentable: "any",
    override: ({ zodSchema, jsonSchema: json }) => {
      const { type } = zodSchema._zod.def;
      // z.int() has the bounds of what a double holds exactly, which is no news to a client.
      if (type === "number" && json.maximum === Number.MAX_SAFE_INTEGER) delete json.maximum;
      if (type === "number" && json.minimum === Number.MIN_SAFE_INTEGER) delete json.minimum;
    },
  }) as JsonObject;
  const { $schema: _, $defs = {}, ...root } = written;
  for (const [id, part] of Object.entries($defs as JsonObject)) components[id] = plain(part as JsonObject);
  const { id } = schema.meta() ?? {};
  if (id === undefined) return plain(root);
  components[id] = plain(root);
  return { $ref: `#/components/schemas/${id}` };
}

/** References as OpenAPI writes them; the id is the component's name and no field. */
function plain(schema: JsonObject): JsonObject {
  const text = JSON.stringify(schema).replaceAll('"#/$defs/', '"#/components/schemas/');
  const { id: _, ...rest } = JSON.parse(text) as JsonObject;
  return rest;
}

function sorted<T>(record: { [key: string]: T }): { [key: string]: T } {
  return Object.fromEntries(Object.entries(record).sort(([a], [b]) => (a < b ? -1 : 1)));
}
