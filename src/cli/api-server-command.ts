/**
 * `tradewind api-server` (Airflow 2: `webserver`): the web page and the APIs, beside a scheduler.
 *
 * `standalone` starts it as its child, so that answering people never holds up the scheduler. The two then speak
 * over Node's channel: the child says where it listens or why it cannot, and ends when the channel closes.
 */
import type { Command } from "commander";
import { type FirstAdmin, makeFirstAdmin } from "../api/auth/first-admin.ts";
import { TradewindError } from "../errors.ts";
import { loadSecrets } from "../store/secrets.ts";
import { systemClock } from "../time.ts";
import type { ApiMessage } from "./api-process.ts";
import { type DaemonFlags, wentToBackground, withDaemonFlag } from "./daemon.ts";
import { type OpenedStore, openStore } from "./database-command.ts";
import { makeHomeFolders } from "./home-folders.ts";
import { giveBackStartMemory } from "./idle-memory.ts";
import { catchInterrupts, underInterrupts } from "./interrupts.ts";
import { keepJob } from "./kept-job.ts";
import { type GlobalFlags, openSession, type Session, withGlobalFlags } from "./session.ts";

export interface ApiFlags {
  host?: string;
  port?: string;
  sslCert?: string;
  sslKey?: string;
}

/** Flags of every command that serves the page. */
export function withApiFlags(command: Command): Command {
  return command
    .option("-H, --host <address>", "address to listen on (default: api.host)")
    .option("-p, --port <n>", "port; 0 is a free one (default: api.port)")
    .option("--ssl-cert <file>", "certificate, for HTTPS (default: api.ssl_cert)")
    .option("--ssl-key <file>", "its private key (default: api.ssl_key)");
}

export function addApiServerCommands(root: Command): void {
  const command = withGlobalFlags(root.command("api-server"))
    .alias("webserver")
    .description("the web page and the APIs, beside a scheduler");
  withDaemonFlag(withApiFlags(command)).action(apiServer);
}

async function apiServer(flags: GlobalFlags & ApiFlags & DaemonFlags): Promise<void> {
  if (wentToBackground(flags, "api-server")) return;
  const session = openSession(flags, apiSettings(flags));
  if (process.send === undefined) await onItsOwn(session);
  else await asChild(session);
}

export function apiSettings(flags: ApiFlags): Record<string, string | undefined> {
  return {
    "api.host": flags.host,
    "api.port": flags.port,
    "api.ssl_cert": flags.sslCert,
    "api.ssl_key": flags.sslKey,
  };
}

async function onItsOwn(session: Session): Promise<void> {
  makeHomeFolders(session.config);
  const interrupts = catchInterrupts((name) => session.note(`${name}: stopping; once more ends at once`));
  await underInterrupts(interrupts, async () => {
    const store = await openStore(session, "command");
    try {
      const api = await startApi(session, store);
      session.print(`The web page and the APIs are at ${api.address}. Ctrl-C ends it.`);
      announceFirstAdmin(session, api.firstAdmin);
      await interrupts.received;
      await api.stop();
    } finally {
      await store.close();
    }
  });
}

/** A terminal's Ctrl-C reaches the child as well: it waits for its parent, which stops things in their order. */
async function asChild(session: Session): Promise<void> {
  for (const signal of ["SIGINT", "SIGHUP"] as const) process.on(signal, () => undefined);
  const { promise: left, resolve } = Promise.withResolvers<void>();
  process.once("disconnect", resolve);
  process.once("SIGTERM", resolve);
  // It may have left before anybody listened.
  if (!process.connected) return;
  const tell = (message: ApiMessage): void => void process.send?.(message);
  try {
    const store = await openStore(session, "command");
    try {
      const api = await startApi(session, store);
      tell({ listening: api.address, firstAdmin: api.firstAdmin });
      await left;
      await api.stop();
    } finally {
      await store.close();
    }
  } catch (error) {
    if (!(error instanceof TradewindError)) throw error;
    tell({ failed: { code: error.code, message: error.message, hint: error.hint } });
  }
  if (process.connected) process.disconnect();
}

/** The only time that the password is shown: the database keeps its hash. */
export function announceFirstAdmin(session: Session, admin: FirstAdmin | null): void {
  if (admin === null) return;
  session.print(`Sign in as ${admin.username} with the password ${admin.password}, which is shown only now.`);
}

interface RunningApi {
  readonly address: string;
  readonly firstAdmin: FirstAdmin | null;
  stop(): Promise<void>;
}

async function startApi(session: Session, store: OpenedStore): Promise<RunningApi> {
  const { config } = session;
  // `standalone` shares the flags of this file, and has the server in another process.
  const { createApiServer } = await import("../api/server.ts");
  const server = await createApiServer({
    database: store.database,
    secrets: loadSecrets(config.paths.secretKey),
    clock: systemClock,
    config,
    log: session.log("api"),
  });
  try {
    const address = await server.listen();
    const firstAdmin = config.api.allAdmins ? null : await makeFirstAdmin(store.database, systemClock.now());
    const job = await keepJob(store, "api", { address });
    giveBackStartMemory();
    return {
      address,
      firstAdmin,
      async stop() {
        await server.stop();
        await job.end();
      },
    };
  } catch (error) {
    // A server that listens on without its database keeps the process, and with it the one that waits for its end.
    await server.stop();
    throw error;
  }
}
