/** The files of an embedded server within a home folder. */
import { createHash } from "node:crypto";
import {
  chmodSync,
  closeSync,
  existsSync,
  lstatSync,
  mkdirSync,
  openSync,
  readFileSync,
  readSync,
  statSync,
} from "node:fs";
import { join, resolve } from "node:path";
import { TradewindError } from "../../errors.ts";
import type { Account } from "./account.ts";
import { giveTo } from "./account.ts";

export const databaseName = "tradewind";
export const userName = "tradewind";

export interface ServerHome {
  readonly home: string;
  /** The data folder, PostgreSQL's PGDATA. */
  readonly data: string;
  /** Where the socket is; open to the server's user and nobody else. */
  readonly sockets: string;
  readonly socketFile: string;
  readonly log: string;
  /** Present after `tradewind db start`: the server outlives whoever uses it. */
  readonly keepFile: string;
  readonly linkFolder: string;
}

/** Longest path of a Unix socket, without its closing zero byte (sockaddr_un: 108 on Linux, 104 elsewhere). */
const longestSocketPath = process.platform === "linux" ? 107 : 103;

export function serverHome(home: string): ServerHome {
  const root = resolve(home);
  const near = join(root, "run", "pg");
  const short = `/tmp/tradewind-${createHash("sha256").update(root).digest("hex").slice(0, 16)}`;
  const sockets = Buffer.byteLength(socketIn(near)) <= longestSocketPath ? near : short;
  return {
    home: root,
    data: join(root, "postgres"),
    sockets,
    socketFile: socketIn(sockets),
    log: join(root, "logs", "postgres.log"),
    keepFile: join(root, "run", "pg.keep"),
    linkFolder: join(root, "run", "pg-libraries"),
  };
}

function socketIn(folder: string): string {
  return join(folder, ".s.PGSQL.5432");
}

export function embeddedUrl(home: ServerHome, database: string = databaseName): string {
  return `postgresql://${userName}@/${database}?host=${encodeURIComponent(home.sockets)}`;
}

/**
 * Makes the folders. The home is opened for passing (not for reading) where another user runs the server.
 */
export function prepareFolders(home: ServerHome, account: Account | null): void {
  try {
    makeFolders(home, account);
  } catch (error) {
    if (error instanceof TradewindError) throw error;
    const got = error instanceof Error && "code" in error ? String(error.code) : String(error);
    throw new TradewindError(
      "TW_HOME_NOT_WRITABLE",
      `expected to be able to write the home folder ${home.home}, got ${got}`,
      {
        hint: "set TRADEWIND_HOME to a folder of yours",
        cause: error,
      },
    );
  }
}

function makeFolders(home: ServerHome, account: Account | null): void {
  mkdirSync(home.home, { recursive: true, mode: 0o700 });
  if (account !== null) chmodSync(home.home, statSync(home.home).mode | 0o011);
  const pass = account === null ? 0o700 : 0o711;
  mkdirSync(join(home.home, "run"), { recursive: true, mode: pass });
  mkdirSync(join(home.home, "logs"), { recursive: true, mode: 0o755 });
  mkdirSync(home.sockets, { recursive: true, mode: 0o700 });
  refuseForeign(home.sockets, account);
  chmodSync(home.sockets, 0o700);
  giveTo(account, home.sockets);
}

/** Under /tmp anybody can have made the folder before us, and would then own our socket. */
function refuseForeign(folder: string, account: Account | null): void {
  const { uid } = lstatSync(folder);
  const ours = [process.getuid?.() ?? uid, account?.uid ?? uid];
  if (lstatSync(folder).isDirectory() && ours.includes(uid)) return;
  throw new TradewindError(
    "TW_EMBEDDED_FAILED",
    `expected the folder ${folder} for the database's socket to be ours, got one of user ${uid}`,
    { hint: "remove it, or set TRADEWIND_HOME to a shorter path" },
  );
}

/** Major version that the data folder was made by; null when there is none yet. */
export function dataMajor(data: string): number | null {
  const file = join(data, "PG_VERSION");
  return existsSync(file) ? Number(readFileSync(file, "utf8").trim()) : null;
}

export interface Postmaster {
  readonly pid: number;
  /** Seconds since the epoch. */
  readonly startedAt: number;
}

/** What the server's own lock file says; the process need not live any more. */
export function readPostmaster(data: string): Postmaster | null {
  try {
    const lines = readFileSync(join(data, "postmaster.pid"), "utf8").split("\n");
    const pid = Math.abs(Number(lines[0]));
    return Number.isInteger(pid) && pid > 0 ? { pid, startedAt: Number(lines[2] ?? 0) } : null;
  } catch {
    return null;
  }
}

/** The end of the server's log from byte `from` on, at most 4 kB of it. */
export function logSince(file: string, from: number): string {
  if (!existsSync(file)) return "";
  const size = statSync(file).size;
  const start = Math.max(from, size - 4096);
  const buffer = Buffer.alloc(Math.max(0, size - start));
  const descriptor = openSync(file, "r");
  try {
    readSync(descriptor, buffer, 0, buffer.length, start);
  } finally {
    closeSync(descriptor);
  }
  return buffer.toString("utf8").trim();
}
