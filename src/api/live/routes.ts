/**
 * `GET /events/stream?topics=…`: server-sent events (WHATWG HTML, "Server-sent events"), one stream for a page. Open
 * the stream, wait for `ready`, then load: nothing is missed between. An event's id goes back as `Last-Event-ID`
 * (browsers do it by themselves); `reset` says that the page has to load again. Topics: topics.ts.
 */
import { PassThrough } from "node:stream";
import type { FastifyRequest } from "fastify";
import { z } from "zod";
import { logFileIn } from "../../logs/attempt-log.ts";
import { followLogPages } from "../../logs/read-log.ts";
import { attemptLogPath } from "../../scheduler/workload.ts";
import type { Timer } from "../../time.ts";
import type { ApiApp } from "../app.ts";
import { can, requirePermission } from "../auth/access.ts";
import type { ApiParts } from "../parts.ts";
import { LiveHub, type Subscriber } from "./hub.ts";
import { type LogTopic, readTopics, type Topics } from "./topics.ts";

/** Proxies close a connection that is silent for a minute. */
const commentMs = 15_000;
/** Then the page comes again, and is asked who it is: a sign-out ends streams, too. */
const longestMs = 600_000;
/** Bytes that wait for a page that does not read; it is cut off, comes again and loads again. */
const mostWaiting = 1024 * 1024;

export function registerLiveRoutes(app: ApiApp, parts: ApiParts): void {
  const hub = new LiveHub(parts.database, parts.clock);
  const open = new Set<LiveStream>();
  app.addHook("preClose", async () => {
    for (const stream of open) stream.end();
  });
  app.addHook("onClose", () => hub.stop());
  app.get(
    "/events/stream",
    {
      config: { access: can("read", "Website") },
      schema: {
        tags: ["Live"],
        summary: "Server-sent events of what changes",
        querystring: z.object({
          topics: z.string().max(20_000),
          last_event_id: z.string().max(100).optional(),
        }),
      },
    },
    async (request, reply) => {
      const topics = readTopics(request.query.topics);
      if (topics.log !== null)
        requirePermission(request.user, { action: "read", resource: "Task Logs" }, topics.log.dagId);
      if (topics.keys.has("experiments"))
        requirePermission(request.user, { action: "read", resource: "Experiments" });
      if (topics.keys.has("models"))
        requirePermission(request.user, { action: "read", resource: "Registered Models" });
      // Clients that cannot send the header (a first EventSource) write it into the query.
      const last = String(request.headers["last-event-id"] ?? request.query.last_event_id ?? "");
      const stream = new LiveStream(parts, hub, request, topics);
      open.add(stream);
      stream.out.once("close", () => open.delete(stream));
      reply.header("content-type", "text/event-stream; charset=utf-8").header("x-accel-buffering", "no");
      void stream.begin(last);
      return reply.send(stream.out);
    },
  );
}

class LiveStream implements Subscriber {
  readonly out = new PassThrough();
  readonly keys: ReadonlySet<string>;
  readonly #parts: ApiParts;
  readonly #hub: LiveHub;
  readonly #user: FastifyRequest["user"];
  readonly #log: LogTopic | null;
  readonly #left = new AbortController();
  readonly #timers: Timer[] = [];
  #offset = 0;
  #sequence: number;

  constructor(parts: ApiParts, hub: LiveHub, request: FastifyRequest, topics: Topics) {
    this.#parts = parts;
    this.#hub = hub;
    this.#user = request.user;
    this.keys = topics.keys;
    this.#log = topics.log;
    this.#sequence = hub.sequence;
    this.out.once("close", () => this.#leave());
    request.raw.once("close", () => this.out.destroy());
  }

  /** @param last An id that this or another server gave out; anything else starts anew. */
  async begin(last: string): Promise<void> {
    const [, epoch, sequence, offset] = /^(\w+)\.(\d+)\.(\d+)$/.exec(last) ?? [];
    const ours = epoch === this.#hub.epoch;
    this.#offset = Number(offset ?? 0);
    this.out.write("retry: 1000\n\n");
    try {
      const after = ours ? Number(sequence) : null;
      const known = await this.#hub.join(this, after);
      if (this.#left.signal.aborted) return this.#hub.leave(this);
      if (!known || (last !== "" && !ours)) this.reset();
      this.#write("ready", "{}");
      this.#beat();
      this.#timers.push(this.#parts.clock.after(longestMs, () => this.end()));
      if (this.#log !== null) await this.#follow(this.#log);
    } catch (error) {
      this.#parts.log.warn({ err: error }, "a page's stream ended");
      this.end();
    }
  }

  hear({
    sequence,
    name,
    dagId,
    data,
  }: {
    sequence: number;
    name: string;
    dagId: string | null;
    data: string;
  }): void {
    this.#sequence = sequence;
    if (dagId === null || this.#user.permissions.may("read", "DAGs", dagId)) this.#write(name, data);
  }

  reset(): void {
    this.#sequence = this.#hub.sequence;
    this.#write("reset", "{}");
  }

  end(): void {
    this.out.end();
  }

  async #follow(at: LogTopic): Promise<void> {
    // Throws where an id would lead out of the folder.
    const path = logFileIn(this.#parts.config.paths.logs, attemptLogPath(at));
    for await (const { records, next } of followLogPages(path, this.#left.signal, this.#offset)) {
      this.#offset = next;
      this.#write("log", JSON.stringify({ records, next }));
      await this.#drained();
    }
  }

  /** A long log is read no faster than the page takes it. */
  #drained(): Promise<void> {
    if (!this.out.writableNeedDrain) return Promise.resolve();
    return new Promise((resolve) => {
      this.out.once("drain", resolve);
      this.out.once("close", resolve);
    });
  }

  #write(name: string, data: string): void {
    if (this.out.writableEnded || this.out.destroyed) return;
    if (this.out.writableLength > mostWaiting) return this.end();
    this.out.write(
      `id: ${this.#hub.epoch}.${this.#sequence}.${this.#offset}\nevent: ${name}\ndata: ${data}\n\n`,
    );
  }

  #beat(): void {
    const timer = this.#parts.clock.after(commentMs, () => {
      if (this.out.writableEnded || this.out.destroyed) return;
      this.out.write(": still here\n\n");
      this.#beat();
    });
    this.#timers[0] = timer;
  }

  #leave(): void {
    this.#left.abort();
    for (const timer of this.#timers) timer.cancel();
    this.#hub.leave(this);
  }
}
