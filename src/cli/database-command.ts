/** Commands that work on the database: open it, check its version, do the work, close it. */
import type { Command } from "commander";
import { type Database, openDatabase } from "../store/connect.ts";
import { type EmbeddedOptions, startEmbedded } from "../store/embedded/start.ts";
import { migrate, requireMigrated } from "../store/migrate.ts";
import { loadSecrets, type Secrets } from "../store/secrets.ts";
import { systemClock } from "../time.ts";
import { type GlobalFlags, openSession, type Session, withGlobalFlags, withOutput } from "./session.ts";

export interface Work {
  readonly session: Session;
  readonly database: Database;
  /** Reads the key file when first asked. */
  secrets(): Secrets;
  now(): number;
}

/** A command under `parent` with the global flags and `-o`; `usage` is its name with its arguments. */
export function databaseCommand(parent: Command, usage: string, description: string): Command {
  return withOutput(withGlobalFlags(parent.command(usage))).description(description);
}

/** An action: arguments in their order, then the flags. */
export function onDatabase<Flags>(
  work: (work: Work, args: string[], flags: Flags & GlobalFlags) => Promise<void> | void,
): (...all: unknown[]) => Promise<void> {
  return async (...all) => {
    const flags = all.at(-2) as Flags & GlobalFlags;
    const args = all.slice(0, -2) as string[];
    const session = openSession(flags);
    const opened = await openStore(session, "command");
    try {
      await work(
        {
          session,
          database: opened.database,
          secrets: () => loadSecrets(session.config.paths.secretKey),
          now: () => systemClock.now(),
        },
        args,
        flags,
      );
    } finally {
      await opened.close();
    }
  };
}

export interface OpenedStore {
  readonly database: Database;
  /** Null where the database is not ours to start. */
  readonly embedded: Awaited<ReturnType<typeof startEmbedded>> | null;
  close(): Promise<void>;
}

/**
 * The database that the settings name: a server of the user's own, which has to be migrated already, or the
 * embedded one, which is joined or started, and migrated without being asked.
 *
 * @throws TradewindError TW_HOME_IN_USE when a service of the same home runs already (role "service").
 */
export async function openStore(
  session: Session,
  role: "service" | "command",
  name = "tradewind",
): Promise<OpenedStore> {
  const { config } = session;
  if (config.database.url !== "") {
    const database = openDatabase({ url: config.database.url, poolSize: config.database.poolSize });
    try {
      if (role === "service") await migrate(database);
      else await requireMigrated(database);
    } catch (error) {
      await database.close();
      throw error;
    }
    return { database, embedded: null, close: () => database.close() };
  }
  const embedded = await startEmbedded(embeddedOptions(session, role, name));
  const database = openDatabase({ url: embedded.url, poolSize: config.database.poolSize });
  const close = async (): Promise<void> => {
    await database.close();
    await embedded.close();
  };
  try {
    await migrate(database);
  } catch (error) {
    await close();
    throw error;
  }
  return { database, embedded, close };
}

export function embeddedOptions(
  session: Session,
  role: "service" | "command",
  name: string,
): EmbeddedOptions {
  const { home, environment } = session.config;
  const searchPath = environment["PATH"];
  return { home, role, name, ...(searchPath === undefined ? {} : { searchPath }) };
}
