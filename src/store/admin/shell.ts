/** `db shell`: psql where the machine has it, else a small one of ours. */
import { spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { delimiter, join } from "node:path";
import { createInterface } from "node:readline/promises";
import type { Readable, Writable } from "node:stream";
import { Client } from "pg";
import type { Database } from "../connect.ts";

export interface ShellOptions {
  readonly database: Database;
  /** Environment of psql; its PATH is searched. */
  readonly environment: Readonly<Record<string, string | undefined>>;
  readonly input: Readable;
  readonly output: Writable;
  /** Never psql. */
  readonly plain?: boolean;
}

/** Exit code: that of psql, or 0. */
export async function databaseShell(options: ShellOptions): Promise<number> {
  const psql = options.plain === true ? null : findPsql(options.environment["PATH"] ?? "");
  return psql === null ? plainShell(options) : runPsql(psql, options);
}

function findPsql(searchPath: string): string | null {
  const files = searchPath.split(delimiter).map((folder) => join(folder, "psql"));
  return files.find((file) => existsSync(file)) ?? null;
}

/** The address goes by environment: arguments of a process can be read by everyone on the machine. */
function runPsql(psql: string, { database, environment }: ShellOptions): Promise<number> {
  const { host, port, user, password, database: name } = new Client({ connectionString: database.url });
  const target = {
    PGHOST: host,
    PGPORT: String(port),
    ...(user === undefined ? {} : { PGUSER: user }),
    ...(name === undefined ? {} : { PGDATABASE: name }),
    ...(typeof password === "string" ? { PGPASSWORD: password } : {}),
  };
  return new Promise((resolve, reject) => {
    const child = spawn(psql, [], { stdio: "inherit", env: { ...environment, ...target } });
    child.once("error", reject);
    child.once("exit", (code, signal) => resolve(signal === null ? (code ?? 1) : 1));
  });
}

const tablesQuery = `SELECT relname AS "table", greatest(reltuples, 0)::bigint AS rows FROM pg_class
  WHERE relnamespace = current_schema()::regnamespace AND relkind = 'r' ORDER BY 1`;

async function plainShell({ database, input, output }: ShellOptions): Promise<number> {
  const session = await database.connect({ applicationName: "tradewind db shell" });
  const lines = createInterface({
    input,
    output,
    terminal: "isTTY" in output && output.isTTY === true,
    prompt: "tradewind=> ",
  });
  output.write(`${database.where}\nStatements end with ";". \\dt lists tables, \\q ends.\n`);
  let statement = "";
  let isOpen = true;
  lines.once("close", () => {
    isOpen = false;
  });
  try {
    lines.prompt();
    for await (const line of lines) {
      const command = line.trim();
      if (statement === "" && command === "\\q") break;
      statement = statement === "" && command === "\\dt" ? `${tablesQuery};` : `${statement}${line}\n`;
      if (statement.trimEnd().endsWith(";")) {
        output.write(await run(session.client, statement));
        statement = "";
      }
      lines.setPrompt(statement.trim() === "" ? "tradewind=> " : "tradewind-> ");
      // Lines that came before the end of the input are still to be answered.
      if (isOpen) lines.prompt();
    }
    return 0;
  } finally {
    lines.close();
    await session.close();
  }
}

async function run(client: Client, statement: string): Promise<string> {
  try {
    const answer = await client.query({ text: statement, rowMode: "array" });
    return [answer].flat().map(show).join("");
  } catch (error) {
    return `${error instanceof Error ? error.message : String(error)}\n`;
  }
}

interface Answer {
  readonly command: string | null;
  readonly rowCount: number | null;
  readonly rows: unknown[][];
  readonly fields: readonly { readonly name: string }[];
}

function show({ command, rowCount, rows, fields }: Answer): string {
  if (fields.length === 0) return `${command ?? ""} ${rowCount ?? ""}`.trim().concat("\n");
  const table = [fields.map(({ name }) => name), ...rows.map((row) => row.map(cell))];
  const widths = fields.map((_, index) => Math.max(...table.map((row) => row[index]?.length ?? 0)));
  const text = table.map((row) =>
    row
      .map((value, index) => value.padEnd(widths[index] ?? 0))
      .join(" | ")
      .trimEnd(),
  );
  text.splice(1, 0, widths.map((width) => "-".repeat(width)).join("-+-"));
  return `${text.join("\n")}\n(${rows.length} ${rows.length === 1 ? "row" : "rows"})\n`;
}

function cell(value: unknown): string {
  if (value === null || value === undefined) return "";
  if (Buffer.isBuffer(value)) return `\\x${value.toString("hex")}`;
  return typeof value === "object" ? JSON.stringify(value) : String(value);
}
