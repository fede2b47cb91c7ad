/**
 * Texts of a query or path as the values that a schema asks for, as FastAPI reads them, so that a schema says
 * `z.int()`, `z.boolean()` or `z.array(z.string())` and nothing about texts. What cannot be read stays a text, and
 * the schema refuses it.
 */
import type { z } from "zod";

type Kind = "text" | "number" | "boolean" | "list";
interface Field {
  readonly kind: Kind;
  readonly element: Kind;
}

const known = new WeakMap<z.ZodType, ReadonlyMap<string, Field>>();

export function readTexts(schema: z.ZodType, input: unknown): unknown {
  if (input === null || typeof input !== "object") return input;
  const fields = fieldsOf(schema);
  return Object.fromEntries(
    Object.entries(input).map(([name, value]) => [name, readField(fields.get(name), value)]),
  );
}

function readField(field: Field | undefined, value: unknown): unknown {
  if (field === undefined) return value;
  if (field.kind !== "list") {
    // The last one counts when a single value is given twice.
    const one = Array.isArray(value) ? value.at(-1) : value;
    return readText(field.kind, one);
  }
  return (Array.isArray(value) ? value : [value]).map((item) => readText(field.element, item));
}

const truths = new Map<string, boolean>([
  ...["true", "1", "yes", "on", "t", "y"].map((word) => [word, true] as const),
  ...["false", "0", "no", "off", "f", "n"].map((word) => [word, false] as const),
]);

function readText(kind: Kind, text: unknown): unknown {
  if (typeof text !== "string") return text;
  if (kind === "boolean") return truths.get(text.toLowerCase()) ?? text;
  if (kind === "number") return /^\s*[+-]?\d+(\.\d+)?(e[+-]?\d+)?\s*$/i.test(text) ? Number(text) : text;
  return text;
}

function fieldsOf(schema: z.ZodType): ReadonlyMap<string, Field> {
  const found = known.get(schema);
  if (found !== undefined) return found;
  const fields = new Map<string, Field>();
  const object = unwrap(schema);
  if (object._zod.def.type === "object") {
    const { shape } = object._zod.def as unknown as { shape: Record<string, z.ZodType> };
    for (const [name, field] of Object.entries(shape)) fields.set(name, fieldOf(field));
  }
  known.set(schema, fields);
  return fields;
}

function fieldOf(schema: z.ZodType): Field {
  const inner = unwrap(schema);
  if (inner._zod.def.type !== "array") return { kind: kindOf(inner), element: "text" };
  const { element } = inner._zod.def as unknown as { element: z.ZodType };
  return { kind: "list", element: kindOf(unwrap(element)) };
}

function kindOf(schema: z.ZodType): Kind {
  const { type } = schema._zod.def;
  return type === "number" || type === "boolean" ? type : "text";
}

/** The schema of the value at a path; undefined below a union, a record or what is not known. */
export function schemaAt(schema: z.ZodType, path: readonly (string | number)[]): z.ZodType | undefined {
  let found: z.ZodType | undefined = unwrap(schema);
  for (const key of path) {
    const def = found._zod.def as unknown as { shape?: Record<string, z.ZodType>; element?: z.ZodType };
    const next: z.ZodType | undefined = typeof key === "number" ? def.element : def.shape?.[key];
    if (next === undefined) return undefined;
    found = unwrap(next);
  }
  return found;
}

/** Optional, nullable, default and the side of a pipe that reads. */
function unwrap(schema: z.ZodType): z.ZodType {
  let inner = schema;
  for (;;) {
    const def = inner._zod.def as unknown as { type: string; innerType?: z.ZodType; in?: z.ZodType };
    const next = def.type === "pipe" ? def.in : def.innerType;
    if (next === undefined) return inner;
    inner = next;
  }
}
