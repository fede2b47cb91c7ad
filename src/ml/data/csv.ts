/**
 * Reading and writing CSV as RFC 4180 has it: fields in quotes may hold commas, line breaks and doubled quotes; lines
 * end with CRLF or LF. Every record must have as many fields as the header. Row numbers in errors are lines of data,
 * from 1, the header not counted.
 */
import { readFile, writeFile } from "node:fs/promises";
import { TradewindError } from "../../errors.ts";
import { type Column, type ColumnType, Table } from "./table.ts";

export interface CsvOptions {
  /** Default ",". */
  delimiter?: string;
  /** Names of the columns where the first line has data already, or replacing the first line with `skipHeader`. */
  columns?: readonly string[];
  /** With `columns`: the first line is a header to pass over. */
  skipHeader?: boolean;
  /** Types that columns must have; others are inferred: number, else boolean, else text. */
  types?: Readonly<Record<string, ColumnType>>;
  /** Unquoted fields that mean "no value"; default are pandas' usual ones. */
  missing?: readonly string[];
  /** Named in errors. */
  file?: string;
}

const defaultMissing = ["", "NA", "N/A", "NaN", "nan", "null", "NULL", "None"];
const numberPattern = /^[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?$/;

interface Field {
  text: string;
  quoted: boolean;
}

/** Reads a file of UTF-8; see `parseCsv`. */
export async function readCsv(path: string, options: CsvOptions = {}): Promise<Table> {
  return parseCsv(await readFile(path, "utf8"), { file: path, ...options });
}

/** A table with typed columns. Errors: `TW_CSV_SYNTAX` for the form, `TW_CSV_VALUE` for a value of another type. */
export function parseCsv(text: string, options: CsvOptions = {}): Table {
  const records = splitRecords(text.startsWith("\uFEFF") ? text.slice(1) : text, options);
  const first = options.columns === undefined || options.skipHeader === true ? records.shift() : undefined;
  const names = options.columns ?? first?.map((field) => field.text.trim());
  if (names === undefined) throw syntaxError("expected a header, got an empty text", options);
  const repeated = names.find((name, at) => names.indexOf(name) !== at);
  if (repeated !== undefined)
    throw syntaxError(`expected distinct column names, got "${repeated}" twice`, options);
  for (const [at, record] of records.entries()) {
    if (record.length === names.length) continue;
    throw syntaxError(`row ${at + 1}: expected ${names.length} fields, got ${record.length}`, options);
  }
  for (const name of Object.keys(options.types ?? {})) {
    if (!names.includes(name))
      throw valueError(`expected a column "${name}", got only ${names.join(", ")}`, options);
  }
  const missing = new Set(options.missing ?? defaultMissing);
  const columns = names.map((name, j): [string, Column] => {
    const values = records.map((record) =>
      !record[j].quoted && missing.has(record[j].text.trim()) ? null : record[j].text,
    );
    const type = options.types?.[name] ?? inferType(values);
    return [name, typedColumn(name, type, values, options)];
  });
  return new Table(records.length, new Map(columns));
}

/**
 * CSV with a header and LF line ends. Texts are quoted where they must be, and where they would otherwise be read as
 * missing; missing values are empty fields, or NA in a table of one column, where an empty line would be no row.
 */
export function formatCsv(table: Table): string {
  const nothing = table.names.length === 1 ? "NA" : "";
  const lines = [table.names.map((name) => quote(name)).join(",")];
  for (let i = 0; i < table.rows; i++) {
    const fields = table.names.map((name) => {
      const value = table.value(name, i);
      return value === null ? nothing : quote(String(value));
    });
    lines.push(fields.join(","));
  }
  return `${lines.join("\n")}\n`;
}

function quote(text: string): string {
  const needsQuotes = /[",\r\n]/.test(text) || defaultMissing.includes(text.trim());
  return needsQuotes ? `"${text.replaceAll('"', '""')}"` : text;
}

export async function writeCsv(path: string, table: Table): Promise<void> {
  await writeFile(path, formatCsv(table));
}

function splitRecords(text: string, options: CsvOptions): Field[][] {
  const delimiter = options.delimiter ?? ",";
  const records: Field[][] = [];
  let record: Field[] = [];
  let at = 0;
  while (at < text.length) {
    const quoted = text[at] === '"';
    const end = quoted
      ? closingQuote(text, at, records.length, options) + 1
      : endOfPlain(text, at, delimiter);
    record.push({
      quoted,
      text: quoted ? text.slice(at + 1, end - 1).replaceAll('""', '"') : text.slice(at, end),
    });
    at = end;
    if (text.startsWith(delimiter, at)) {
      at += delimiter.length;
      if (at < text.length && !isLineEnd(text, at)) continue;
      record.push({ quoted: false, text: "" });
    }
    if (at < text.length && !isLineEnd(text, at)) {
      throw syntaxError(
        `${place(records.length)}: expected "${delimiter}" or a line end after a closing quote, got "${text[at]}"`,
        options,
      );
    }
    at += text.startsWith("\r\n", at) ? 2 : 1;
    // A line with nothing on it is no record.
    if (record.length > 1 || record[0].quoted || record[0].text !== "") records.push(record);
    record = [];
  }
  return records;
}

function closingQuote(text: string, opening: number, record: number, options: CsvOptions): number {
  let at = opening + 1;
  for (;;) {
    at = text.indexOf('"', at);
    if (at === -1)
      throw syntaxError(`${place(record)}: expected a closing quote, got the end of the text`, options);
    if (text[at + 1] !== '"') return at;
    at += 2;
  }
}

function endOfPlain(text: string, start: number, delimiter: string): number {
  let at = start;
  while (at < text.length && !isLineEnd(text, at) && !text.startsWith(delimiter, at)) at++;
  return at;
}

function isLineEnd(text: string, at: number): boolean {
  return text[at] === "\n" || (text[at] === "\r" && text[at + 1] === "\n");
}

function place(record: number): string {
  return record === 0 ? "first line" : `row ${record}`;
}

function inferType(values: readonly (string | null)[]): ColumnType {
  const present = values.filter((value) => value !== null);
  if (present.length > 0 && present.every((value) => numberPattern.test(value.trim()))) return "number";
  if (present.length > 0 && present.every((value) => toBoolean(value) !== null)) return "boolean";
  return "text";
}

function typedColumn(
  name: string,
  type: ColumnType,
  values: readonly (string | null)[],
  options: CsvOptions,
): Column {
  const refuse = (row: number): TradewindError =>
    valueError(`row ${row + 1}, column "${name}": expected a ${type}, got "${values[row]}"`, options);
  if (type === "text") return { type, values: [...values] };
  if (type === "boolean") {
    const booleans = values.map((value, row) => {
      const parsed = value === null ? null : toBoolean(value);
      if (value !== null && parsed === null) throw refuse(row);
      return parsed;
    });
    return { type, values: booleans };
  }
  const numbers = values.map((value, row) => {
    if (value === null) return Number.NaN;
    if (!numberPattern.test(value.trim())) throw refuse(row);
    return Number(value);
  });
  return { type, values: Float64Array.from(numbers) };
}

function toBoolean(text: string): boolean | null {
  const lower = text.trim().toLowerCase();
  if (lower === "true") return true;
  return lower === "false" ? false : null;
}

function syntaxError(message: string, { file }: CsvOptions): TradewindError {
  return new TradewindError("TW_CSV_SYNTAX", file === undefined ? message : `${file}: ${message}`);
}

function valueError(message: string, { file }: CsvOptions): TradewindError {
  return new TradewindError("TW_CSV_VALUE", file === undefined ? message : `${file}: ${message}`);
}
