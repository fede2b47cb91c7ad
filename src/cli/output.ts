/** Rows in the four forms that `-o` names, as Airflow prints them: table, json, yaml, plain. */
import { stringify as toYaml } from "yaml";

export const outputFormats = ["table", "json", "yaml", "plain"] as const;
export type OutputFormat = (typeof outputFormats)[number];

/** Column name → value; every row has the same columns in the same order. */
export type Row = Readonly<Record<string, unknown>>;

export interface PrintOptions {
  readonly format: OutputFormat;
  /** Columns of a terminal; a table that is wider has its widest columns shortened. Undefined in a pipe. */
  readonly width?: number | undefined;
}

export function formatRows(rows: readonly Row[], { format, width }: PrintOptions): string {
  switch (format) {
    case "json":
      return `${JSON.stringify(rows, null, 2)}\n`;
    case "yaml":
      return toYaml(rows);
    case "plain":
      return lines(rows, "  ", undefined, false);
    case "table":
      return rows.length === 0 ? "No data found\n" : lines(rows, " | ", width, true);
  }
}

/** One object: a table of two columns, or the object itself as JSON or YAML. */
export function formatObject(object: Row, options: PrintOptions): string {
  if (options.format === "json") return `${JSON.stringify(object, null, 2)}\n`;
  if (options.format === "yaml") return toYaml(object);
  return formatRows(
    Object.entries(object).map(([property_name, property_value]) => ({ property_name, property_value })),
    options,
  );
}

function lines(rows: readonly Row[], separator: string, width: number | undefined, ruled: boolean): string {
  const names = Object.keys(rows[0] ?? {});
  const cells = rows.map((row) => names.map((name) => cell(row[name])));
  const widths = names.map((name, i) =>
    Math.max(displayWidth(name), ...cells.map((row) => displayWidth(row[i] ?? ""))),
  );
  if (width !== undefined) shrink(widths, width - separator.length * (names.length - 1));
  const line = (values: readonly string[]): string =>
    values
      .map((value, i) => pad(value, widths[i] ?? 0))
      .join(separator)
      .trimEnd();
  const head = [line(names)];
  if (ruled) head.push(widths.map((n) => "=".repeat(n)).join("=+="));
  return `${[...head, ...cells.map(line)].join("\n")}\n`;
}

function cell(value: unknown): string {
  if (value === null || value === undefined) return "";
  const text =
    typeof value === "string" ? value : typeof value === "object" ? JSON.stringify(value) : String(value);
  // A control character in a value must not move the cursor of whoever looks at the table.
  // oxlint-disable-next-line no-control-regex
  return text.replace(/[\u0000-\u001f\u007f-\u009f]/g, (c) => (c === "\n" ? "⏎" : c === "\t" ? " " : "�"));
}

/** Below it a column says nothing. */
const narrowest = 8;

/**
 * Takes from the widest column until the line fits. The first one names the row, and people copy it: it gives way
 * when the others have nothing left to give.
 */
function shrink(widths: number[], room: number): void {
  const width = (column: number): number => widths[column] ?? 0;
  let total = widths.reduce((sum, n) => sum + n, 0);
  while (total > room) {
    const others = widths.map((_, i) => i).filter((i) => i > 0 && width(i) > narrowest);
    const [first = 0] = others;
    const widest = others.reduce((best, i) => (width(i) > width(best) ? i : best), first);
    if (width(widest) <= narrowest) return;
    widths[widest] = width(widest) - 1;
    total--;
  }
}

const segmenter = new Intl.Segmenter();

/** Columns that a terminal takes: wide characters and emoji count two, combining marks none. */
export function displayWidth(text: string): number {
  let width = 0;
  for (const { segment } of segmenter.segment(text)) width += segmentWidth(segment);
  return width;
}

function segmentWidth(segment: string): number {
  return /\p{Emoji_Presentation}|[\u1100-\u115f\u2e80-\ua4cf\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff00-\uff60\uffe0-\uffe6]/u.test(
    segment,
  )
    ? 2
    : 1;
}

function pad(text: string, width: number): string {
  const own = displayWidth(text);
  if (own <= width) return text + " ".repeat(width - own);
  let cut = "";
  let used = 0;
  for (const { segment } of segmenter.segment(text)) {
    if (used + segmentWidth(segment) > width - 1) break;
    cut += segment;
    used += segmentWidth(segment);
  }
  return `${cut}…${" ".repeat(width - used - 1)}`;
}
