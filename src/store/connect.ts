/**
 * Connections to PostgreSQL. `Database` is a pool for short statements; `Connection` is one session of its own,
 * for advisory locks, LISTEN and pipelined batches. Functions of the aggregates take an `Executor` and so run on
 * either, or within a transaction.
 *
 * Values arrive as: timestamptz → milliseconds since the epoch, int8 and numeric → number, json(b) → parsed,
 * bytea → Buffer, everything else as `pg` gives it.
 */
import type { Socket } from "node:net";
import type { ClientConfig, CustomTypesConfig, PoolClient, QueryConfig, QueryResult } from "pg";
import { Client, Pool, types as pgTypes } from "pg";
import { TradewindError } from "../errors.ts";
import { runBatch } from "./batch-query.ts";
import { translateError } from "./database-errors.ts";
import type { Statement } from "./sql.ts";
import { sql } from "./sql.ts";

export interface Executor {
  rows<Row>(statement: Statement): Promise<Row[]>;
  /** The only row, or null; more than one is an internal error. */
  row<Row>(statement: Statement): Promise<Row | null>;
  /** Number of rows that the statement wrote. */
  run(statement: Statement): Promise<number>;
}

export interface TransactionOptions {
  readonly isolation?: "read committed" | "repeatable read" | "serializable";
  readonly readOnly?: boolean;
}

export interface Transactor extends Executor {
  /** Commits when `work` resolves, rolls back when it rejects. Not nested. */
  transaction<T>(work: (tx: Executor) => Promise<T>, options?: TransactionOptions): Promise<T>;
}

export interface Database extends Transactor {
  readonly url: string;
  /** Where it is, for messages: without the password. */
  readonly where: string;
  /** A session outside the pool. The caller closes it. */
  connect(options?: ConnectOptions): Promise<Connection>;
  close(): Promise<void>;
}

export interface ConnectOptions {
  /**
   * Statements are sent without waiting for the answers before them; `batch` then costs one round trip.
   * A failure of one does not hold back those after it, unless they stand in a transaction.
   */
  readonly pipeline?: boolean;
  readonly applicationName?: string;
}

export interface Connection extends Transactor {
  /** The statements as one transaction in one flight; all or nothing. Numbers of rows that they touched, in order. */
  batch(statements: readonly Statement[]): Promise<number[]>;
  /** The session behind it, for LISTEN and COPY. */
  readonly client: Client;
  /** Resolves when the session is gone, wanted or not; never rejects. */
  readonly lost: Promise<Error | null>;
  /** Breaks the session off in the middle of whatever it does; the server rolls it back. */
  abort(): void;
  /** Whether the session alone keeps the process alive; it does at first. */
  keepAlive(yes: boolean): void;
  close(): Promise<void>;
}

export interface DatabaseOptions {
  readonly url: string;
  /** Connections of the pool at most. */
  readonly poolSize?: number;
  readonly applicationName?: string;
  readonly connectTimeoutMs?: number;
}

/** `2024-05-06 07:08:09.123456+00`, as the server writes it under DateStyle ISO. */
const isoInstant =
  /^(\d{4,})-(\d\d)-(\d\d) (\d\d):(\d\d):(\d\d)(?:\.(\d{1,6}))?([+-])(\d\d)(?::?(\d\d))?(?::?(\d\d))?$/;

function parseInstant(text: string): number {
  const m = isoInstant.exec(text);
  if (m === null) {
    if (text === "infinity") return Number.POSITIVE_INFINITY;
    if (text === "-infinity") return Number.NEGATIVE_INFINITY;
    throw new TradewindError(
      "TW_INTERNAL",
      `expected a timestamp from PostgreSQL, got ${JSON.stringify(text)}`,
    );
  }
  const ms = m[7] === undefined ? 0 : Math.floor(Number(m[7].padEnd(6, "0")) / 1000);
  const utc = Date.UTC(
    Number(m[1]),
    Number(m[2]) - 1,
    Number(m[3]),
    Number(m[4]),
    Number(m[5]),
    Number(m[6]),
    ms,
  );
  const offset = (Number(m[9]) * 3600 + Number(m[10] ?? 0) * 60 + Number(m[11] ?? 0)) * 1000;
  return m[8] === "-" ? utc + offset : utc - offset;
}

function parseArray<T>(parse: (text: string) => T): (text: string) => (T | null)[] {
  return (text) =>
    text === "{}"
      ? []
      : text
          .slice(1, -1)
          .split(",")
          .map((item) => (item === "NULL" ? null : parse(item.startsWith('"') ? item.slice(1, -1) : item)));
}

/** By type oid (pg_type.dat). Text format only. */
const parsers: Readonly<Record<number, (text: string) => unknown>> = {
  20: Number,
  1016: parseArray(Number),
  1700: Number,
  1082: (text) => text,
  1114: (text) => parseInstant(`${text}+00`),
  1184: parseInstant,
  1185: parseArray(parseInstant),
};

const types: CustomTypesConfig = {
  getTypeParser: (oid: number, format?: "text" | "binary") =>
    (format !== "binary" && parsers[oid]) || pgTypes.getTypeParser(oid, format as "text"),
};

/** Server, database and user of a URL, without password and options. */
export function describeTarget(url: string): string {
  const config = readUrl(url);
  const host = config.host ?? "localhost";
  const place = host.startsWith("/") ? host : `${host}:${config.port ?? 5432}`;
  return `${place}, database ${config.database ?? config.user ?? "?"}, user ${config.user ?? "?"}`;
}

interface Target {
  readonly host?: string;
  readonly port?: number;
  readonly database?: string;
  readonly user?: string;
}

/** A bad URL is told without repeating it: it may hold a password. */
function readUrl(url: string): Target {
  let client: Client;
  try {
    if (!/^(postgres(ql)?|socket):/.test(url)) throw new Error("it does not start with postgresql://");
    client = new Client({ connectionString: url });
  } catch (error) {
    throw new TradewindError(
      "TW_DATABASE_URL",
      `expected postgresql://user:password@host:port/database, got something else: ${
        error instanceof Error && !/Invalid URL/.test(error.message) ? error.message : "not a URL"
      }`,
      { hint: 'characters such as "@", "/" and "#" in a password are written %40, %2F and %23' },
    );
  }
  return {
    host: client.host,
    port: client.port,
    ...(client.database === undefined ? {} : { database: client.database }),
    ...(client.user === undefined ? {} : { user: client.user }),
  };
}

function clientConfig(options: DatabaseOptions): ClientConfig {
  return {
    connectionString: options.url,
    application_name: options.applicationName ?? "tradewind",
    connectionTimeoutMillis: options.connectTimeoutMs ?? 10_000,
    keepAlive: true,
    types,
  };
}

type Queryable = Client | PoolClient | Pool;

function queryOf(statement: Statement): QueryConfig {
  return {
    text: statement.text,
    values: statement.values as unknown[],
    ...(statement.name === undefined ? {} : { name: statement.name }),
  };
}

function executor(queryable: Queryable, where: string): Executor {
  const query = async (statement: Statement): Promise<QueryResult> => {
    try {
      return await queryable.query(queryOf(statement));
    } catch (error) {
      throw translateError(error, where);
    }
  };
  return {
    rows: async <Row>(statement: Statement) => (await query(statement)).rows as Row[],
    row: async <Row>(statement: Statement) => {
      const { rows } = await query(statement);
      if (rows.length > 1)
        throw new TradewindError("TW_INTERNAL", `expected one row at most, got ${rows.length}`);
      return (rows[0] as Row | undefined) ?? null;
    },
    run: async (statement) => (await query(statement)).rowCount ?? 0,
  };
}

function beginText(options: TransactionOptions): string {
  const isolation =
    options.isolation === undefined ? "" : ` ISOLATION LEVEL ${options.isolation.toUpperCase()}`;
  return `BEGIN${isolation}${options.readOnly === true ? " READ ONLY" : ""}`;
}

async function inTransaction<T>(
  client: Client | PoolClient,
  where: string,
  work: (tx: Executor) => Promise<T>,
  options: TransactionOptions,
): Promise<T> {
  const tx = executor(client, where);
  await tx.run({ text: beginText(options), values: [] });
  let result: T;
  try {
    result = await work(tx);
  } catch (error) {
    // A broken session has rolled back by itself; its own error is the one to tell.
    await tx.run(sql`ROLLBACK`).catch(() => undefined);
    throw error;
  }
  await tx.run(sql`COMMIT`);
  return result;
}

export function openDatabase(options: DatabaseOptions): Database {
  const where = describeTarget(options.url);
  const pool = new Pool({
    ...clientConfig(options),
    max: options.poolSize ?? 10,
    idleTimeoutMillis: 30_000,
  });
  // A waiting session that breaks is replaced by the pool; without a listener the process would end.
  pool.on("error", () => undefined);
  // And so would it when a session breaks between two statements of a transaction; the next one tells it.
  pool.on("connect", (client) => client.on("error", () => undefined));
  const checkout = async (): Promise<PoolClient> => {
    try {
      return await pool.connect();
    } catch (error) {
      throw translateError(error, where);
    }
  };
  return {
    url: options.url,
    where,
    ...executor(pool, where),
    async transaction(work, transactionOptions = {}) {
      const client = await checkout();
      let broken = false;
      try {
        return await inTransaction(client, where, work, transactionOptions);
      } catch (error) {
        broken = error instanceof TradewindError && error.code === "TW_DATABASE_UNAVAILABLE";
        throw error;
      } finally {
        client.release(broken);
      }
    },
    connect: (connectOptions = {}) => openConnection(options, connectOptions),
    close: () => pool.end(),
  };
}

export async function openConnection(
  options: DatabaseOptions,
  connectOptions: ConnectOptions = {},
): Promise<Connection> {
  const where = describeTarget(options.url);
  const client = new Client({
    ...clientConfig({
      ...options,
      applicationName: connectOptions.applicationName ?? options.applicationName,
    }),
    pipeline: connectOptions.pipeline === true,
  } as ClientConfig);
  let failure: Error | null = null;
  client.on("error", (error) => {
    failure = translateError(error, where) as Error;
  });
  const lost = new Promise<Error | null>((resolve) => client.once("end", () => resolve(failure)));
  try {
    await client.connect();
  } catch (error) {
    throw translateError(error, where);
  }
  return {
    ...executor(client, where),
    client,
    lost,
    transaction: (work, transactionOptions = {}) => inTransaction(client, where, work, transactionOptions),
    async batch(statements) {
      try {
        return await runBatch(client, statements);
      } catch (error) {
        throw translateError(error, where);
      }
    },
    abort: () => {
      (client as unknown as { connection: { stream: Socket } }).connection.stream.destroy();
    },
    keepAlive: (yes) => {
      const socket = client as Client & { ref(): void; unref(): void };
      if (yes) socket.ref();
      else socket.unref();
    },
    close: () => client.end(),
  };
}
