/** Values for params, checked against their JSON Schemas. The validator is loaded when the first schema needs it. */
import type { Json, ParamSpec } from "../core/dag-model.ts";
import { nearest } from "../did-you-mean.ts";
import { TradewindError } from "../errors.ts";

type Specs = { readonly [name: string]: ParamSpec };

/**
 * Params of a run: defaults, then the given values over them, all valid.
 *
 * @throws TradewindError `TW_PARAM_INVALID`, naming the param, what its schema expects and what came; for a name
 * that is not a param too, unless `allowUnknown` (a run's conf may hold other things)
 */
export async function resolveParams(
  specs: Specs,
  given: { readonly [name: string]: Json },
  options: { readonly allowUnknown?: boolean; readonly owner?: string } = {},
): Promise<{ [name: string]: Json }> {
  const owner = options.owner ?? "the Dag";
  const values: { [name: string]: Json } = {};
  for (const [name, spec] of Object.entries(specs)) {
    const value = Object.hasOwn(given, name) ? given[name] : spec.value;
    if (value === undefined) throw invalid(`param "${name}" of ${owner} has no default and was not given`);
    const complaint = await complaintAbout(spec, value);
    if (complaint !== undefined)
      throw invalid(`param "${name}" of ${owner} ${complaint}, got ${JSON.stringify(value)}`);
    values[name] = value;
  }
  for (const name of Object.keys(given)) {
    if (Object.hasOwn(specs, name) || options.allowUnknown === true) continue;
    const near = nearest(name, Object.keys(specs));
    throw invalid(`${owner} has no param "${name}"${near === null ? "" : `: did you mean "${near}"?`}`);
  }
  return values;
}

/** What a value does wrong; undefined when it fits. */
export async function complaintAbout(spec: ParamSpec, value: Json): Promise<string | undefined> {
  if (Object.keys(spec.schema).every((keyword) => annotations.has(keyword))) return undefined;
  const validate = await compile(spec);
  if (validate(value)) return undefined;
  const [first] = validate.errors ?? [];
  const where = first?.instancePath ? ` at ${first.instancePath}` : "";
  const allowed = first?.keyword === "enum" ? `: ${JSON.stringify(first.params["allowedValues"])}` : "";
  return `${first?.message ?? "does not fit its schema"}${allowed}${where}`;
}

/** Keywords that check nothing. */
const annotations = new Set([
  "title",
  "description",
  "examples",
  "description_md",
  "section",
  "values_display",
  "source",
]);

interface Validator {
  (value: unknown): boolean;
  errors?:
    | { instancePath: string; keyword: string; message?: string; params: { [key: string]: unknown } }[]
    | null;
}

const validators = new WeakMap<object, Validator>();
let loading: Promise<(schema: object) => Validator> | undefined;

async function compile(spec: ParamSpec): Promise<Validator> {
  const known = validators.get(spec.schema);
  if (known !== undefined) return known;
  loading ??= loadCompiler();
  let validator: Validator;
  try {
    validator = (await loading)(spec.schema);
  } catch (cause) {
    const what = cause instanceof Error ? cause.message : String(cause);
    throw new TradewindError("TW_PARAM_INVALID", `expected a JSON Schema of draft 2020-12: ${what}`, {
      cause,
    });
  }
  validators.set(spec.schema, validator);
  return validator;
}

const formats: { readonly [name: string]: RegExp } = {
  date: /^\d{4}-(?:0[1-9]|1[0-2])-(?:0[1-9]|[12]\d|3[01])$/,
  "date-time": /^\d{4}-\d{2}-\d{2}[tT ]\d{2}:\d{2}:\d{2}(?:\.\d+)?(?:[zZ]|[+-]\d{2}:?\d{2})$/,
  time: /^(?:[01]\d|2[0-3]):[0-5]\d(?::[0-5]\d(?:\.\d+)?)?(?:[zZ]|[+-]\d{2}:?\d{2})?$/,
  email: /^[^\s@]+@[^\s@]+$/,
  uuid: /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i,
  uri: /^[a-z][a-z0-9+.-]*:\S*$/i,
};

async function loadCompiler(): Promise<(schema: object) => Validator> {
  const { Ajv2020 } = await import("ajv/dist/2020.js");
  // A schema may hold keywords for the form, and formats such as "multiline" that check nothing.
  const ajv = new Ajv2020({ strict: false, allErrors: false, logger: false });
  for (const [name, pattern] of Object.entries(formats)) ajv.addFormat(name, pattern);
  return (schema) => ajv.compile(schema) as Validator;
}

function invalid(message: string): TradewindError {
  return new TradewindError("TW_PARAM_INVALID", message);
}
