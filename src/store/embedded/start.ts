/**
 * The embedded PostgreSQL of a home: found running and joined, or started, or first made and then started. Many
 * processes may use one server at once; it ends with the last of them, also when that one is killed.
 */
import type { ChildProcess } from "node:child_process";
import { spawn } from "node:child_process";
import { closeSync, existsSync, fstatSync, openSync, statSync, truncateSync } from "node:fs";
import { TradewindError } from "../../errors.ts";
import { delay, systemClock } from "../../time.ts";
import type { Connection } from "../connect.ts";
import { isConnectionLost, violatedConstraint } from "../database-errors.ts";
import { identifier, sql } from "../sql.ts";
import type { Account } from "./account.ts";
import { giveTo, launchAs, serverAccount } from "./account.ts";
import type { Binaries } from "./binaries.ts";
import { findBinaries } from "./binaries.ts";
import type { ServerHome } from "./home.ts";
import {
  databaseName,
  dataMajor,
  embeddedUrl,
  logSince,
  prepareFolders,
  readPostmaster,
  serverHome,
} from "./home.ts";
import { initialise } from "./initialise.ts";
import { keepServer, leaveServer } from "./leave.ts";
import { enter, takePresence, takeService } from "./presence.ts";
import { isServerOf } from "./process.ts";
import { serverArguments } from "./settings.ts";
import { removeStaleLocks } from "./stale-locks.ts";
import { finishSwap } from "./swap.ts";
import type { Watchdog } from "./watchdog.ts";
import { startWatchdog } from "./watchdog.ts";

export interface EmbeddedOptions {
  readonly home: string;
  /** A second service on the same home is refused; commands may be many, beside one. */
  readonly role: "service" | "command";
  /** Shown to a second one that is refused, e.g. "tradewind standalone". */
  readonly name?: string;
  readonly searchPath?: string;
  /** Folder with `bin/postgres`, to use instead of the npm package. */
  readonly installation?: string;
  /** npm package with the binaries, to use instead of this platform's. */
  readonly packageName?: string;
  readonly account?: Account | null;
  /** Settings over ours. */
  readonly settings?: Readonly<Record<string, string>>;
}

export interface EmbeddedServer {
  readonly url: string;
  readonly home: ServerHome;
  readonly binaries: Binaries;
  /** False when it ran before. */
  readonly started: boolean;
  /** Resolves when the server is gone, wanted or not. */
  readonly lost: Promise<Error | null>;
  /** Lets it run on after the last user. */
  keep(): void;
  /** Leaves it; the last one stops it. True when it was stopped. */
  close(): Promise<boolean>;
}

interface Plan {
  readonly paths: ServerHome;
  readonly binaries: Binaries;
  readonly account: Account | null;
  readonly options: EmbeddedOptions;
}

const startDeadlineMs = 60_000;

/**
 * @throws TradewindError TW_HOME_IN_USE, TW_EMBEDDED_BINARIES, TW_EMBEDDED_ACCOUNT, TW_EMBEDDED_MAJOR,
 *   TW_EMBEDDED_FAILED.
 */
export async function startEmbedded(options: EmbeddedOptions): Promise<EmbeddedServer> {
  const paths = serverHome(options.home);
  const account = options.account === undefined ? serverAccount() : options.account;
  prepareFolders(paths, account);
  const binaries = await findBinaries({ ...options, linkFolder: paths.linkFolder });
  const plan: Plan = { paths, binaries, account, options };
  const deadline = systemClock.now() + startDeadlineMs;
  for (;;) {
    const session = await joinRunning(plan);
    if (session !== null) return entered(plan, session, startWatchdog(paths.home), false);
    const begun = await beginServer(plan);
    if (begun !== null) return begun;
    if (systemClock.now() > deadline) throw failed(plan, "a server that neither starts nor ends", 0);
    await delay(20);
  }
}

/** A session in the running server, or null when none answers. */
async function joinRunning({ paths, options }: Plan): Promise<Connection | null> {
  if (!existsSync(paths.socketFile)) return null;
  let session: Connection | null = null;
  try {
    session = await enter(paths, presenceName(options));
    await takePresence(session);
    return session;
  } catch (error) {
    await session?.close().catch(() => undefined);
    // Starting, stopping, or a socket that a killed server left.
    if (isConnectionLost(error)) return null;
    throw error;
  }
}

/** Starts a server and enters it; null when another process was first, or an old one is still ending. */
async function beginServer(plan: Plan): Promise<EmbeddedServer | null> {
  const { paths, binaries, account } = plan;
  const postmaster = readPostmaster(paths.data);
  if (postmaster !== null && isServerOf(postmaster.pid, paths.data)) return null;
  finishSwap(paths.data);
  const major = dataMajor(paths.data);
  if (major === null) await initialise(binaries, paths.data, account);
  else if (major !== binaries.major) throw otherMajor(paths.data, major, binaries.major);
  refuseForeignData(paths.data, account);
  giveTo(account, paths.data);
  const launched = launchServer(plan);
  try {
    const session = await untilReady(plan, launched);
    if (session === null) {
      launched.watchdog.dismiss();
      return null;
    }
    // Another process's server may have been first, and ours have ended.
    const started = readPostmaster(paths.data)?.pid === launched.process.pid;
    return await entered(plan, session, launched.watchdog, started);
  } catch (error) {
    launched.watchdog.dismiss();
    throw error;
  }
}

interface Launched {
  readonly process: ChildProcess;
  readonly logFrom: number;
  readonly watchdog: Watchdog;
}

const largestLog = 10 * 1024 * 1024;

function launchServer({ paths, binaries, account, options }: Plan): Launched {
  if (existsSync(paths.log) && statSync(paths.log).size > largestLog) truncateSync(paths.log);
  const command = [
    binaries.postgres,
    "-D",
    paths.data,
    "-k",
    paths.sockets,
    ...serverArguments(binaries.major, options.settings),
  ];
  const launch = launchAs(account, command, [paths.data, paths.socketFile, binaries.postgres]);
  // Before the server, so that there is no moment at which a kill leaves one without it.
  const watchdog = startWatchdog(paths.home);
  const log = openSync(paths.log, "a");
  // Before the server can say anything.
  const logFrom = fstatSync(log).size;
  const process = spawn(launch.file, [...launch.args], {
    // A session of its own: Ctrl-C is for us, and we end it when our work is put away.
    detached: true,
    stdio: ["ignore", log, log],
    cwd: "/",
    env: binaries.environment,
    ...(launch.uid === undefined ? {} : { uid: launch.uid, gid: launch.gid }),
  });
  process.unref();
  closeSync(log);
  return { process, logFrom, watchdog };
}

/** What the server says when another one has the folder, or the last processes of a killed one still end. */
const laterTexts = /lock file ".*" already exists|pre-existing shared memory block/;

async function untilReady(plan: Plan, { process, logFrom }: Launched): Promise<Connection | null> {
  let ended: string | null = null;
  process.once("error", (error) => {
    ended = error.message;
  });
  process.once("exit", (code, signal) => {
    ended = `exit with ${signal ?? code}`;
  });
  const deadline = systemClock.now() + startDeadlineMs;
  for (;;) {
    const session = await joinRunning(plan);
    if (session !== null) return session;
    if (ended !== null) {
      if (laterTexts.test(logSince(plan.paths.log, logFrom))) {
        removeStaleLocks(plan.paths);
        return null;
      }
      throw failed(plan, ended, logFrom);
    }
    if (systemClock.now() > deadline) throw failed(plan, "no answer for a minute", logFrom);
    await delay(3);
  }
}

async function entered(
  plan: Plan,
  session: Connection,
  watchdog: Watchdog,
  started: boolean,
): Promise<EmbeddedServer> {
  const { paths, binaries, options } = plan;
  try {
    if (options.role === "service") {
      const holder = await takeService(session);
      if (holder !== null) {
        throw new TradewindError(
          "TW_HOME_IN_USE",
          `expected no other service on ${paths.home}, got: ${holder}`,
          {
            hint: "end that one first, or give this one another TRADEWIND_HOME",
          },
        );
      }
    }
    await ensureDatabase(session);
  } catch (error) {
    await leaveServer(paths, session);
    watchdog.dismiss();
    throw error;
  }
  // Being present keeps the server alive, not this process.
  session.keepAlive(false);
  return {
    url: embeddedUrl(paths),
    home: paths,
    binaries,
    started,
    lost: session.lost,
    keep: () => keepServer(paths),
    close: async () => {
      session.keepAlive(true);
      const stopped = await leaveServer(paths, session);
      watchdog.dismiss();
      return stopped;
    },
  };
}

async function ensureDatabase(session: Connection): Promise<void> {
  const found = await session.row(sql`SELECT 1 FROM pg_database WHERE datname = ${databaseName}`);
  if (found !== null) return;
  try {
    await session.run(sql`CREATE DATABASE ${identifier(databaseName)}`);
  } catch (error) {
    // 42P04 and pg_database's unique index: another process made it meanwhile.
    const code = error instanceof Error && "code" in error ? error.code : undefined;
    if (code !== "42P04" && violatedConstraint(error) === undefined) throw error;
  }
}

function presenceName(options: EmbeddedOptions): string {
  return `${options.name ?? "tradewind"} (process ${process.pid})`;
}

function refuseForeignData(data: string, account: Account | null): void {
  const { uid } = statSync(data);
  if (account !== null || uid === process.getuid?.()) return;
  throw new TradewindError("TW_EMBEDDED_FAILED", `expected ${data} to be ours, got a folder of user ${uid}`, {
    hint: "it was made by another user, perhaps root: run as that one, or give the folder back with chown -R",
  });
}

function otherMajor(data: string, found: number, ours: number): TradewindError {
  return new TradewindError(
    "TW_EMBEDDED_MAJOR",
    `expected a data folder of PostgreSQL ${ours} in ${data}, got one of ${found}`,
    { hint: `run \`tradewind db upgrade\`: it copies the database over and keeps the old folder` },
  );
}

function failed(plan: Plan, what: string, logFrom: number): TradewindError {
  const said = logSince(plan.paths.log, logFrom);
  return new TradewindError(
    "TW_EMBEDDED_FAILED",
    `expected PostgreSQL ${plan.binaries.major} to start on ${plan.paths.data}, got ${what}${said === "" ? "" : `: ${said}`}`,
    { hint: `its log is ${plan.paths.log}` },
  );
}
