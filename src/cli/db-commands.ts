/** `tradewind db`: the database and its embedded server. */
import { existsSync } from "node:fs";
import type { Command } from "commander";
import { TradewindError } from "../errors.ts";
import { backup } from "../store/admin/backup.ts";
import { checkDatabase, databaseStatus } from "../store/admin/database-status.ts";
import { resetDatabase } from "../store/admin/reset.ts";
import { restore } from "../store/admin/restore.ts";
import { databaseShell } from "../store/admin/shell.ts";
import { upgradeEmbedded } from "../store/admin/upgrade.ts";
import { openDatabase } from "../store/connect.ts";
import { addDefaultConnections } from "../store/default-connections.ts";
import { serverHome } from "../store/embedded/home.ts";
import { stopServer } from "../store/embedded/leave.ts";
import { migrate, readMigrations } from "../store/migrate.ts";
import { loadSecrets, rotateSecrets } from "../store/secrets.ts";
import { delay, systemClock } from "../time.ts";
import { confirmed } from "./confirm.ts";
import { databaseCommand, onDatabase, openStore, type Work } from "./database-command.ts";
import { addDbCleanCommands } from "./db-clean-commands.ts";
import { isoInstant, wholeNumber } from "./flags.ts";
import { type GlobalFlags, openSession, type Session, withGlobalFlags } from "./session.ts";

export function addDbCommands(root: Command): void {
  const group = root.command("db").description("the database and its embedded server");
  const plain = (usage: string, text: string): Command =>
    withGlobalFlags(group.command(usage)).description(text);
  plain("start", "start the embedded server and leave it running").action(onSession(start));
  plain("stop", "stop the embedded server").action(onSession(stop));
  databaseCommand(group, "status", "server, version, size and tables").action(onDatabase(status));
  plain("migrate", "bring the database to this version")
    .option("--default-connections", "and make Airflow's default connections where they are not there")
    .action(onSession(migrateDatabase));
  plain("check", "can it be reached, written to, and is it of this version?")
    .option("--retry <n>", "tries after the first", "0")
    .option("--retry-delay <seconds>", "between two tries", "1")
    .action(checkAgain);
  plain("check-migrations", "exit with 1 when migrations are missing").action(
    onDatabase((work) => work.session.print("Migrations are up to date.")),
  );
  plain("reset", "throw everything away and make it anew")
    .option("-y, --yes", "do not ask")
    .action(onDatabase(reset));
  plain("shell", "an SQL prompt: psql where there is one, else a plain one")
    .option("--plain", "never psql")
    .action(onDatabase(shell));
  databaseCommand(group, "backup <file>", "write everything to one file").action(onDatabase(backUp));
  databaseCommand(group, "restore <file>", "read a backup into an empty database").action(
    onDatabase(restoreFile),
  );
  plain("upgrade", "move the embedded server's data to this version's PostgreSQL")
    .option("--from <folder>", "folder with bin/postgres of the old version")
    .action(onSession(upgrade));
  plain("rotate-key", "make a new key and seal all secrets with it").action(onDatabase(rotate));
  addDbCleanCommands(group);
}

function onSession(
  work: (
    session: Session,
    flags: GlobalFlags & Record<string, string | boolean | undefined>,
  ) => Promise<void>,
) {
  return async (flags: GlobalFlags & Record<string, string | boolean | undefined>): Promise<void> =>
    work(openSession(flags), flags);
}

async function start(session: Session): Promise<void> {
  requireEmbedded(session, "start");
  const store = await openStore(session, "command");
  store.embedded?.keep();
  await store.close();
  session.print(
    `PostgreSQL runs on ${serverHome(session.config.home).socketFile}; \`tradewind db stop\` ends it`,
  );
}

async function stop(session: Session): Promise<void> {
  requireEmbedded(session, "stop");
  const stopped = await stopServer(serverHome(session.config.home));
  session.print(stopped ? "PostgreSQL stopped." : "PostgreSQL was not running.");
}

function requireEmbedded(session: Session, verb: string): void {
  if (session.config.database.url !== "")
    throw new TradewindError(
      "TW_USAGE",
      `expected the embedded server, got a server of your own (database.url): \`db ${verb}\` leaves that alone`,
    );
}

async function status(work: Work): Promise<void> {
  const { session } = work;
  const found = await databaseStatus(work.database);
  session.object({
    where: found.where,
    embedded: session.config.database.url === "",
    server_version: found.serverVersion,
    read_only: found.isReadOnly,
    started_at: isoInstant(found.startedAt),
    size_mb: Math.round(found.sizeBytes / 2 ** 20),
    connections: `${found.connections.used} of ${found.connections.limit}`,
    migrations: `${found.appliedMigrations.length} applied, ${found.pendingMigrations.length} pending`,
    tables: found.tables
      .filter(({ rows }) => rows > 0)
      .map(({ name, rows }) => `${name} ${rows}`)
      .join(", "),
  });
}

async function migrateDatabase(
  session: Session,
  flags: GlobalFlags & { defaultConnections?: string | boolean | undefined },
): Promise<void> {
  const { config } = session;
  const own = config.database.url === "" ? null : openDatabase({ url: config.database.url });
  const store = own === null ? await openStore(session, "command") : null;
  const database = own ?? store?.database;
  try {
    if (own !== null) for (const migration of await migrate(own)) session.print(`applied ${migration.name}`);
    session.print(`The database is at migration ${readMigrations().at(-1)?.name}.`);
    if (flags.defaultConnections !== true || database === undefined) return;
    await addDefaultConnections(database, loadSecrets(config.paths.secretKey));
  } finally {
    await own?.close();
    await store?.close();
  }
}

interface CheckFlags extends GlobalFlags {
  retry: string;
  retryDelay: string;
}

/** Containers start beside their database, and wait for it so. */
async function checkAgain(flags: CheckFlags, command: Command): Promise<void> {
  const retries = wholeNumber(flags.retry, "--retry");
  const seconds = wholeNumber(flags.retryDelay, "--retry-delay");
  for (let tries = 0; ; tries++) {
    try {
      return await onDatabase(check)(flags, command);
    } catch (error) {
      if (tries >= retries || !(error instanceof TradewindError) || error.kind.exitCode !== 3) throw error;
      process.stderr.write(`${error.message}; try ${tries + 2} of ${retries + 1} in ${seconds} s\n`);
      await delay(seconds * 1000);
    }
  }
}

async function check(work: Work): Promise<void> {
  await checkDatabase(work.database);
  work.session.print("Connection successful.");
}

async function reset(work: Work, _: string[], flags: { yes?: boolean }): Promise<void> {
  const where = work.database.where;
  if (!flags.yes && !(await confirmed(`This throws away everything in ${where}. Proceed? (y/N) `)))
    throw new TradewindError("TW_USAGE", "not confirmed; nothing was changed");
  await resetDatabase(work.database);
  work.session.print("The database is empty and of this version.");
}

async function shell(work: Work, _: string[], flags: { plain?: boolean }): Promise<void> {
  process.exitCode = await databaseShell({
    database: work.database,
    environment: work.session.config.environment,
    input: process.stdin,
    output: process.stdout,
    plain: flags.plain ?? false,
  });
}

async function backUp(work: Work, [file = ""]: string[]): Promise<void> {
  if (existsSync(file))
    throw new TradewindError("TW_USAGE", `${file}: expected a file that does not exist yet`);
  const result = await backup(work.database, file, work.now());
  work.session.note("secrets stay sealed in it: keep secret.key of the home folder apart from it, too");
  work.session.object({ file: result.file, tables: result.tables, bytes: result.bytes });
}

async function restoreFile(work: Work, [file = ""]: string[]): Promise<void> {
  const result = await restore(work.database, file);
  work.session.object({
    created_at: result.createdAt,
    tables: result.tables,
    bytes: result.bytes,
    migrated: result.migrated.length,
  });
}

async function upgrade(session: Session, flags: Record<string, string | boolean | undefined>): Promise<void> {
  requireEmbedded(session, "upgrade");
  const from = typeof flags["from"] === "string" ? { from: { installation: flags["from"] } } : {};
  const result = await upgradeEmbedded({
    home: session.config.home,
    ...from,
    now: systemClock.now(),
    onStep: (what) => session.note(what),
  });
  session.print(
    `PostgreSQL ${result.fromMajor} → ${result.toMajor}. The old folder is ${result.oldFolder}; remove it when all is well.`,
  );
}

async function rotate(work: Work): Promise<void> {
  const result = await rotateSecrets(work.database, work.session.config.paths.secretKey);
  work.session.object({ ...result });
}
