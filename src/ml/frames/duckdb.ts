/** As much of `@duckdb/node-api` as frames need. It is an optional package, loaded with the first query. */
import { TradewindError } from "../../errors.ts";

export interface DuckDBReader {
  columnNames(): string[];
  columnTypes(): readonly unknown[];
  getColumnsJS(): unknown[][];
}

export interface DuckDBConnection {
  run(sql: string, values?: readonly unknown[]): Promise<unknown>;
  runAndReadAll(sql: string, values?: readonly unknown[]): Promise<DuckDBReader>;
  closeSync(): void;
}

interface DuckDBInstance {
  connect(): Promise<DuckDBConnection>;
  closeSync(): void;
}

interface DuckDB {
  readonly DuckDBInstance: {
    create(path: string, options?: Readonly<Record<string, string>>): Promise<DuckDBInstance>;
  };
}

/**
 * A database in memory for as long as `work` runs.
 *
 * @throws TradewindError TW_FRAMES_PACKAGE where the package is not installed.
 */
export async function withDuckDB<T>(work: (connection: DuckDBConnection) => Promise<T>): Promise<T> {
  const { DuckDBInstance } = await load();
  // Extensions would come from the network, which tasks may not have; what is built in is enough.
  const instance = await DuckDBInstance.create(":memory:", { autoinstall_known_extensions: "false" });
  try {
    const connection = await instance.connect();
    try {
      return await work(connection);
    } finally {
      connection.closeSync();
    }
  } finally {
    instance.closeSync();
  }
}

async function load(): Promise<DuckDB> {
  const name = "@duckdb/node-api";
  try {
    return (await import(name)) as DuckDB;
  } catch (cause) {
    throw new TradewindError("TW_FRAMES_PACKAGE", "SQL over files needs the package @duckdb/node-api", {
      cause,
      hint: "npm install @duckdb/node-api --ignore-scripts",
    });
  }
}
