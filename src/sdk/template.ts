/**
 * Jinja templates in string options, with Airflow's variables, filters and macros: the lexer and parser are
 * @huggingface/jinja's (loaded when the first template is met), the evaluation is ours, so that an undefined
 * name fails, values may be asked for while rendering, and things print as Python prints them.
 */
import { TradewindError } from "../errors.ts";
import type { JinjaEnvironmentKwargs } from "./jinja-environment.ts";
import { Evaluator, type Node, Scope, UndefinedUsed } from "./template-evaluate.ts";
import type { TemplateFilter } from "./template-filters.ts";

export interface TemplateScope {
  readonly values: { readonly [name: string]: unknown };
  /** Filters of the user (`userDefinedFilters`), before the built-in ones. */
  readonly filters?: { readonly [name: string]: TemplateFilter };
  readonly environment?: JinjaEnvironmentKwargs;
}

export interface TemplatePlace {
  /** The option that holds the template, such as "bashCommand" or "env.PATH". */
  readonly field: string;
  readonly taskId?: string;
}

/** True where the text has something to render; everything else skips the engine. */
export function hasTemplate(text: string): boolean {
  return text.includes("{{") || text.includes("{%") || text.includes("{#");
}

interface Parsed {
  body: Node[];
  raws: string[];
}

/** Templates of a warm process come again with every run of the task. */
const parsed = new Map<string, Parsed>();
const mostParsed = 500;

async function parseTemplate(text: string, environment: JinjaEnvironmentKwargs): Promise<Parsed> {
  const { trimBlocks = false, lstripBlocks = false, keepTrailingNewline = false } = environment;
  const key = `${trimBlocks}${lstripBlocks}${keepTrailingNewline}${text}`;
  const known = parsed.get(key);
  if (known) return known;
  const { parse, tokenize } = await import("@huggingface/jinja");
  const raws: string[] = [];
  const source = text
    .replace(
      /\{%-?\s*raw\s*-?%\}([\s\S]*?)\{%-?\s*endraw\s*-?%\}/g,
      (_, raw: string) => `{{ __raw_${raws.push(raw) - 1} }}`,
    )
    .replace(/\{%(-?)\s*do\s/g, "{%$1 set __do = ");
  // The lexer drops one line break at the end, as Jinja does unless it is asked to keep it.
  const whole = keepTrailingNewline && source.endsWith("\n") ? `${source}\n` : source;
  const tokens = tokenize(whole, { trim_blocks: trimBlocks, lstrip_blocks: lstripBlocks });
  const result = { body: parse(tokens).body as unknown as Node[], raws };
  if (parsed.size >= mostParsed) parsed.clear();
  parsed.set(key, result);
  return result;
}

/**
 * Renders one template.
 * @returns a string; with `native` the value itself where the template is one expression (`{{ params.n }}` → 3),
 *   as `render_template_as_native_obj` does.
 * @throws TW_TEMPLATE_SYNTAX, TW_TEMPLATE_UNDEFINED, TW_TEMPLATE_FAILED; each names the option, line and column.
 */
export async function renderTemplate(
  text: string,
  scope: TemplateScope,
  place: TemplatePlace,
  native = false,
): Promise<unknown> {
  if (!hasTemplate(text)) return text;
  let template: Parsed;
  try {
    template = await parseTemplate(text, scope.environment ?? {});
  } catch (error) {
    throw new TradewindError(
      "TW_TEMPLATE_SYNTAX",
      `expected a Jinja template in ${where(place)}, got ${excerpt(text)}: ${messageOf(error)}`,
      {
        cause: error,
      },
    );
  }
  const names = new Scope([
    ...Object.entries(scope.values),
    ...template.raws.map((raw, index): [string, string] => [`__raw_${index}`, raw]),
  ]);
  const evaluator = new Evaluator(scope.filters ?? {}, scope.environment?.undefined);
  try {
    if (!native) return await evaluator.block(template.body, names);
    const only = template.body.length === 1 ? template.body[0] : undefined;
    if (only) return await evaluator.statement(only, names);
    return nativeValue(await evaluator.block(template.body, names));
  } catch (error) {
    throw failure(error, text, place);
  }
}

/** Renders every string inside a value: lists and objects are walked, object keys stay. */
export async function renderValue(
  value: unknown,
  scope: TemplateScope,
  place: TemplatePlace,
  native = false,
): Promise<unknown> {
  if (typeof value === "string")
    return hasTemplate(value) ? renderTemplate(value, scope, place, native) : value;
  if (Array.isArray(value)) {
    const list: unknown[] = [];
    for (const [index, item] of value.entries()) {
      list.push(await renderValue(item, scope, { ...place, field: `${place.field}[${index}]` }, native));
    }
    return list;
  }
  if (value !== null && typeof value === "object" && Object.getPrototypeOf(value) === Object.prototype) {
    const object: { [key: string]: unknown } = {};
    for (const [key, inner] of Object.entries(value)) {
      object[key] = await renderValue(inner, scope, { ...place, field: `${place.field}.${key}` }, native);
    }
    return object;
  }
  return value;
}

/** As Jinja's NativeEnvironment: text that reads as a literal becomes the literal. */
function nativeValue(text: string): unknown {
  if (/^-?\d+(\.\d+)?$/.test(text)) return Number(text);
  if (text === "True" || text === "False") return text === "True";
  if (text === "None") return null;
  if (!/^[[{]/.test(text)) return text;
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return text;
  }
}

function failure(error: unknown, text: string, place: TemplatePlace): TradewindError {
  if (error instanceof TradewindError) return error;
  if (error instanceof UndefinedUsed) {
    const { line, column } = position(text, error.path);
    return new TradewindError(
      "TW_TEMPLATE_UNDEFINED",
      `"${error.path}" is undefined in the template of ${where(place)}, line ${line}, column ${column}: ${excerpt(text)}`,
      { hint: removedNames[error.path] ?? dateHint(error.path) },
    );
  }
  return new TradewindError(
    "TW_TEMPLATE_FAILED",
    `the template of ${where(place)} failed: ${messageOf(error)} in ${excerpt(text)}`,
    {
      cause: error,
    },
  );
}

/** Names that Airflow 3 removed, and what to write. */
const removedNames: { readonly [name: string]: string } = {
  execution_date: "write logical_date; execution_date was removed in Airflow 3",
  next_ds: "write macros.ds_add(ds, 1) or data_interval_end | ds; next_ds was removed in Airflow 3",
  prev_ds: "write macros.ds_add(ds, -1); prev_ds was removed in Airflow 3",
  yesterday_ds: "write macros.ds_add(ds, -1); yesterday_ds was removed in Airflow 3",
  tomorrow_ds: "write macros.ds_add(ds, 1); tomorrow_ds was removed in Airflow 3",
  next_execution_date: "write data_interval_end; next_execution_date was removed in Airflow 3",
  prev_execution_date: "write prev_data_interval_start_success; prev_execution_date was removed in Airflow 3",
};

const dated = new Set([
  "ds",
  "ds_nodash",
  "ts",
  "ts_nodash",
  "ts_nodash_with_tz",
  "logical_date",
  "data_interval_start",
  "data_interval_end",
]);

function dateHint(path: string): string | undefined {
  return dated.has(path)
    ? "this run has no logical date; it was triggered by an asset or without a date"
    : undefined;
}

function where(place: TemplatePlace): string {
  return place.taskId === undefined
    ? `option "${place.field}"`
    : `option "${place.field}" of task "${place.taskId}"`;
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

function excerpt(text: string): string {
  return JSON.stringify(text.length > 120 ? `${text.slice(0, 117)}...` : text);
}

/** 1-based line and column of the first place inside a tag where the path is spelled. */
function position(text: string, path: string): { line: number; column: number } {
  const name = path.split(/[.[]/, 1)[0] ?? path;
  const tag = /\{[{%][\s\S]*?[}%]\}/g;
  for (const wanted of [path, name]) {
    const pattern = new RegExp(`(?<![\\w.])${wanted.replace(/[.*+?^${}()|[\]\\]/g, "\\$&")}(?!\\w)`);
    for (const match of text.matchAll(tag)) {
      const inside = pattern.exec(match[0]);
      if (!inside) continue;
      const before = text.slice(0, match.index + inside.index);
      return { line: before.split("\n").length, column: before.length - before.lastIndexOf("\n") };
    }
  }
  return { line: 1, column: 1 };
}
