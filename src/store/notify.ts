/**
 * Telling other processes that something changed, over LISTEN/NOTIFY. Payloads are `<word>` or `<word>:<dag id>`.
 *
 * NOTIFY takes a lock of the whole database at commit, so what gathers while one statement is on its way goes out
 * with the next. A notification may be lost with a session: the listener says so (`onGap`) at each new session,
 * and at each poll, and whoever listens then looks for itself.
 */
import type { Clock, Timer } from "../time.ts";
import type { Connection, Database, Executor } from "./connect.ts";
import { identifier, sql } from "./sql.ts";

export const channel = "tradewind";

/** Within a transaction: sent when it commits. */
export async function notify(executor: Executor, payloads: readonly string[]): Promise<void> {
  await executor.run(sql`SELECT pg_notify(${channel}, payload) FROM unnest(${payloads}::text[]) AS payload`);
}

export interface Notifier {
  /** Sent soon; the same payload waiting twice is sent once. */
  send(payload: string): void;
  /** Resolves when everything given so far was sent, or failed (the listeners' poll stands behind it). */
  flushed(): Promise<void>;
}

export function createNotifier(database: Executor): Notifier {
  let waiting = new Set<string>();
  let sending: Promise<void> | null = null;
  const pump = async (): Promise<void> => {
    while (waiting.size > 0) {
      const payloads = [...waiting];
      waiting = new Set();
      await notify(database, payloads).catch(() => undefined);
    }
    sending = null;
  };
  return {
    send(payload) {
      waiting.add(payload);
      sending ??= Promise.resolve().then(pump);
    },
    flushed: () => sending ?? Promise.resolve(),
  };
}

export interface ListenOptions {
  readonly clock: Clock;
  /** Beside that of the services. */
  readonly channels?: readonly string[];
  readonly onPayload: (payload: string, channel: string) => void;
  /** Something may have been missed: after each (new) session and each poll. */
  readonly onGap: (why: "session" | "poll") => void;
  readonly pollMs?: number;
  /** First wait before a new session; doubles up to 5 s. */
  readonly reconnectMs?: number;
}

export interface Listener {
  /** Resolves when the first session listens. */
  readonly ready: Promise<void>;
  stop(): Promise<void>;
}

const longestWaitMs = 5000;

export function listen(database: Pick<Database, "connect">, options: ListenOptions): Listener {
  let stopped = false;
  let session: Connection | null = null;
  let timer: Timer | null = null;
  let markReady: () => void;
  const ready = new Promise<void>((resolve) => {
    markReady = resolve;
  });

  const later = (ms: number): void => {
    timer = options.clock.after(ms, () => void open(Math.min(ms * 2, longestWaitMs)));
  };
  const open = async (waitMs: number): Promise<void> => {
    if (stopped) return;
    try {
      session = await openListening(database, options);
    } catch {
      return later(waitMs);
    }
    if (stopped) return void session.close();
    markReady();
    options.onGap("session");
    await session.lost;
    session = null;
    if (!stopped) later(firstWait);
  };
  const firstWait = options.reconnectMs ?? 100;
  void open(firstWait);

  const polling = poll(options);
  return {
    ready,
    async stop() {
      stopped = true;
      timer?.cancel();
      polling.cancel();
      await session?.close().catch(() => undefined);
    },
  };
}

async function openListening(
  database: Pick<Database, "connect">,
  options: ListenOptions,
): Promise<Connection> {
  const session = await database.connect({ applicationName: "tradewind listener" });
  session.client.on("notification", (heard) => options.onPayload(heard.payload ?? "", heard.channel));
  for (const name of [channel, ...(options.channels ?? [])])
    await session.run({ text: `LISTEN ${identifier(name).text}`, values: [] });
  return session;
}

function poll(options: ListenOptions): Timer {
  const every = options.pollMs ?? 10_000;
  let timer = options.clock.after(every, tick);
  function tick(): void {
    options.onGap("poll");
    timer = options.clock.after(every, tick);
  }
  return { cancel: () => timer.cancel() };
}
