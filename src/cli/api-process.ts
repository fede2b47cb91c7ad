/** The API server as a child of `standalone`: started again when it dies, slower when it dies again and again. */
import { type ChildProcess, fork } from "node:child_process";
import { join } from "node:path";
import type { FirstAdmin } from "../api/auth/first-admin.ts";
import { type ErrorCode, TradewindError } from "../errors.ts";
import { RestartPause } from "../executor/restart-pause.ts";
import { delay, systemClock } from "../time.ts";
import type { Session } from "./session.ts";

export type ApiMessage =
  | { readonly listening: string; readonly firstAdmin: FirstAdmin | null }
  | { readonly failed: { code: ErrorCode; message: string; hint: string | undefined } };

export interface ApiProcess {
  /** As `http://127.0.0.1:8080`. */
  readonly address: string;
  /** Made by this start, in a database without users. */
  readonly firstAdmin: FirstAdmin | null;
  stop(): Promise<void>;
}

const program = join(import.meta.dirname, "../../bin/tradewind.mjs");
const pauses = { firstMs: 100, longestMs: 10_000, settledMs: 10_000 };
const stopMs = 7000;

/** @throws TradewindError what the child could not do, as TW_API_PORT. */
export async function startApiProcess(session: Session, databaseUrl: string): Promise<ApiProcess> {
  const log = session.log("api");
  const stopping = new AbortController();
  let port = String(session.config.api.port);
  let child = await begin(session, databaseUrl, port);
  // A free port that was chosen once stays: pages that are open find the next process there.
  port = new URL(child.address).port || port;
  const watch = async (): Promise<void> => {
    const pause = new RestartPause(systemClock, pauses);
    pause.started();
    while (!stopping.signal.aborted) {
      const how = await child.ended;
      if (stopping.signal.aborted) return;
      log.error({ how }, "the API server ended; starting it again");
      await delay(pause.afterDeath(), stopping.signal);
      pause.started();
      const next = stopping.signal.aborted ? null : await begin(session, databaseUrl, port).catch(() => null);
      if (next !== null) child = next;
    }
  };
  const watching = watch();
  return {
    address: child.address,
    firstAdmin: child.firstAdmin,
    async stop() {
      stopping.abort();
      await end(child);
      await watching;
      // One that was being started when this was called.
      await end(child);
    },
  };
}

interface Begun {
  readonly process: ChildProcess;
  readonly address: string;
  readonly firstAdmin: FirstAdmin | null;
  readonly ended: Promise<string>;
}

async function begin(session: Session, databaseUrl: string, port: string): Promise<Begun> {
  const { config } = session;
  const flags = { home: config.home, "dags-folder": config.paths.dagsFolder, host: config.api.host, port };
  const args = Object.entries(flags).flatMap(([name, value]) => [`--${name}`, value]);
  const process = fork(program, ["api-server", "--log-level", config.logging.level, ...args], {
    // A password in the address must not show in the list of processes.
    env: { ...config.environment, TRADEWIND__DATABASE__URL: databaseUrl },
    execArgv: [],
  });
  const ended = new Promise<string>((resolve) =>
    process.once("exit", (code, signal) => resolve(signal ?? `exit code ${code}`)),
  );
  const said = new Promise<ApiMessage>((resolve) => process.once("message", (m) => resolve(m as ApiMessage)));
  const first = await Promise.race([said, ended]);
  if (typeof first !== "string" && "listening" in first)
    return { process, address: first.listening, firstAdmin: first.firstAdmin, ended };
  if (typeof first === "string")
    throw new TradewindError("TW_API_START", `expected the API server to start, but it ended: ${first}`);
  const { code, message, hint } = first.failed;
  await end({ process, ended });
  throw new TradewindError(code, message, { hint });
}

async function end({ process, ended }: Pick<Begun, "process" | "ended">): Promise<void> {
  if (process.connected) process.disconnect();
  const timer = systemClock.after(stopMs, () => process.kill("SIGKILL"));
  await ended;
  timer.cancel();
}
