/** Params: values that a run can be given, described by JSON Schema (draft 2020-12) or by a schema library. */
import type { Json, ParamSpec } from "../core/dag-model.ts";
import { TradewindError } from "../errors.ts";
import { callSite } from "./call-site.ts";
import { isPlainObject, show } from "./options.ts";

/** JSON Schema keywords of a param, with `description` and `title` for the form. */
export interface ParamSchema {
  readonly description?: string;
  readonly title?: string;
  readonly type?: string | readonly string[];
  readonly enum?: readonly Json[];
  readonly [keyword: string]: unknown;
}

/**
 * A param with a default and a schema.
 *
 * @example
 * params: { trees: new Param(100, { type: "integer", minimum: 1, description: "Trees in the forest" }) }
 */
export class Param<T extends Json = Json> {
  readonly value: T | undefined;
  readonly schema: ParamSchema;
  /** Without a default (`undefined`) a run must be given the param. */
  constructor(value: T | undefined, schema: ParamSchema = {}) {
    if (!isPlainObject(schema)) throw invalid(`the schema of a param must be an object, not ${show(schema)}`);
    this.value = value;
    this.schema = schema;
  }
}

/**
 * A schema of any library that speaks Standard Schema (Zod, Valibot, ArkType …). Its JSON Schema is used where
 * the library can give one (Zod from 4.2 on); it is asked itself too when a task starts.
 */
export interface StandardSchema {
  readonly "~standard": {
    readonly version: number;
    readonly vendor: string;
    readonly validate: (value: unknown) => unknown;
    readonly jsonSchema?: {
      readonly input: (options: { target: string }) => { [key: string]: unknown };
    };
  };
}

/** One param: a plain default, a `Param`, or a schema. */
export type ParamLike = Json | Param | StandardSchema;

/** `params` as an object of params, or one object schema whose properties they are. */
export type ParamsLike = { readonly [name: string]: ParamLike } | StandardSchema;

export function isStandardSchema(value: unknown): value is StandardSchema {
  return (
    ((typeof value === "object" && value !== null) || typeof value === "function") &&
    typeof (value as Partial<StandardSchema>)["~standard"]?.validate === "function"
  );
}

/** Serialized params of a `params` option, in the order in which they were written. */
export function paramSpecs(params: ParamsLike | undefined, owner: string): { [name: string]: ParamSpec } {
  if (params === undefined) return {};
  if (isStandardSchema(params)) return ofObjectSchema(jsonSchemaOf(params), owner);
  if (!isPlainObject(params)) throw invalid(`the params of ${owner} must be an object, not ${show(params)}`);
  return Object.fromEntries(
    Object.entries(params).map(([name, param]) => [
      name,
      paramSpec(param as ParamLike, `param "${name}" of ${owner}`),
    ]),
  );
}

/** The schemas of params that are to be asked themselves, by name; "" for the whole object. */
export function standardSchemas(params: ParamsLike | undefined): Map<string, StandardSchema> {
  if (params === undefined) return new Map();
  if (isStandardSchema(params)) return new Map([["", params]]);
  return new Map(
    Object.entries(params).flatMap(([name, param]) =>
      isStandardSchema(param) ? [[name, param] as const] : [],
    ),
  );
}

function paramSpec(param: ParamLike, owner: string): ParamSpec {
  if (isStandardSchema(param)) return ofSchema(jsonSchemaOf(param) ?? {});
  if (param instanceof Param) {
    const { description, ...schema } = param.schema;
    return checkJson(
      {
        ...(param.value === undefined ? {} : { value: param.value }),
        ...(description === undefined ? {} : { description }),
        schema: schema as ParamSpec["schema"],
      },
      owner,
    );
  }
  return checkJson({ value: param, schema: {} }, owner);
}

function checkJson(spec: ParamSpec, owner: string): ParamSpec {
  let copy: unknown;
  try {
    copy = JSON.parse(JSON.stringify(spec));
  } catch (cause) {
    throw new TradewindError("TW_PARAM_INVALID", `${owner} must be JSON`, { cause, at: callSite() });
  }
  if ("value" in spec && !("value" in (copy as ParamSpec)))
    throw invalid(`${owner} must be JSON, not ${show(spec.value)}`);
  return copy as ParamSpec;
}

function ofSchema(json: { [key: string]: unknown }): ParamSpec {
  const { $schema: _, default: value, description, ...schema } = json;
  return {
    ...(value === undefined ? {} : { value: value as Json }),
    ...(typeof description === "string" ? { description } : {}),
    schema: schema as ParamSpec["schema"],
  };
}

function ofObjectSchema(
  json: { [key: string]: unknown } | undefined,
  owner: string,
): { [name: string]: ParamSpec } {
  if (json === undefined) return {};
  const properties = json["properties"];
  if (!isPlainObject(properties)) throw invalid(`the params schema of ${owner} must describe an object`);
  return Object.fromEntries(
    Object.entries(properties).map(([name, schema]) => [
      name,
      ofSchema(schema as { [key: string]: unknown }),
    ]),
  );
}

/** Undefined where the library cannot express its schema as JSON Schema: then only it can validate. */
function jsonSchemaOf(schema: StandardSchema): { [key: string]: unknown } | undefined {
  const standard = schema["~standard"];
  if (standard.jsonSchema === undefined) return undefined;
  try {
    return standard.jsonSchema.input({ target: "draft-2020-12" });
  } catch (cause) {
    throw new TradewindError(
      "TW_PARAM_INVALID",
      `a ${standard.vendor} schema cannot be written as JSON Schema`,
      {
        cause,
        at: callSite(),
      },
    );
  }
}

function invalid(message: string): TradewindError {
  return new TradewindError("TW_PARAM_INVALID", message, { at: callSite() });
}
