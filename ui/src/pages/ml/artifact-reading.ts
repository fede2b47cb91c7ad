/** What an artifact is, by its name and by what stands in it. */

/** Place in the server's own store; null for a store that clients reach themselves. */
export function placeOf(uri: string): string | null {
  const match = /^mlflow-artifacts:(?:\/\/[^/]*)?\/*(.*)$/.exec(uri);
  return match === null ? null : (match[1] ?? "").replace(/\/+$/, "");
}

export type Viewer = "image" | "table" | "json" | "markdown" | "html" | "text" | "parquet" | "pdf" | "none";

const viewers: Readonly<Record<string, Viewer>> = {
  ...of("image", "png jpg jpeg gif webp svg"),
  ...of("table", "csv tsv"),
  ...of("json", "json geojson"),
  ...of("markdown", "md markdown"),
  ...of("html", "html htm"),
  ...of("parquet", "parquet pq"),
  ...of("pdf", "pdf"),
  ...of(
    "text",
    "txt log err out cfg conf ini toml yaml yml xml py py3 js ts jsx tsx sh sql r rst properties prop jsonl ndjson dot mlproject",
  ),
};

function of(viewer: Viewer, extensions: string): Record<string, Viewer> {
  return Object.fromEntries(extensions.split(" ").map((extension) => [extension, viewer]));
}

const textNames = new Set(["mlmodel", "mlproject", "dockerfile", "license", "requirements"]);

export function viewerOf(path: string): Viewer {
  const name = path.split("/").at(-1)?.toLowerCase() ?? "";
  if (textNames.has(name)) return "text";
  return viewers[name.split(".").at(-1) ?? ""] ?? "none";
}

/** Fields in quotes may hold the separator and line ends. */
export function parseDelimited(text: string, separator: string, mostRows: number): string[][] {
  const rows: string[][] = [];
  let row: string[] = [];
  let field = "";
  let quoted = false;
  const endField = (): void => {
    row.push(field);
    field = "";
  };
  const endRow = (): void => {
    endField();
    if (row.length > 1 || row[0] !== "") rows.push(row);
    row = [];
  };
  for (let at = 0; at < text.length && rows.length < mostRows; at++) {
    const character = text[at] as string;
    if (quoted) {
      if (character !== '"') field += character;
      else if (text[at + 1] === '"') {
        field += '"';
        at++;
      } else quoted = false;
    } else if (character === '"' && field === "") quoted = true;
    else if (character === separator) endField();
    else if (character === "\n") endRow();
    else if (character !== "\r") field += character;
  }
  if (rows.length < mostRows && (field !== "" || row.length > 0)) endRow();
  return rows;
}

export interface ShownTable {
  columns: string[];
  rows: (string | number | boolean | null | object)[][];
}

/** What `log_table` writes, and pandas' other forms; null where it is no table. */
export function tableIn(value: unknown): ShownTable | null {
  if (Array.isArray(value)) return recordsTable(value);
  if (typeof value !== "object" || value === null) return null;
  const { columns, data } = value as { columns?: unknown; data?: unknown };
  if (!Array.isArray(columns) || !Array.isArray(data) || !data.every(Array.isArray)) return null;
  return { columns: columns.map(String), rows: data as ShownTable["rows"] };
}

function recordsTable(list: readonly unknown[]): ShownTable | null {
  const isRecord = (one: unknown): one is Record<string, ShownTable["rows"][number][number]> =>
    typeof one === "object" && one !== null && !Array.isArray(one);
  if (list.length === 0 || !list.every(isRecord)) return null;
  const columns = [...new Set(list.flatMap((one) => Object.keys(one)))];
  return { columns, rows: list.map((one) => columns.map((name) => one[name] ?? null)) };
}
