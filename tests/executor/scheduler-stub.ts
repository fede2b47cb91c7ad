/** The scheduler's side as a test plays it: records the events, begins what is taken, waits for what it wants to see. */
import type { Json } from "../../src/core/dag-model.ts";
import type { AttemptEnd, Executor, ExecutorEvents } from "../../src/executor/executor.ts";
import type { ChildRequest } from "../../src/runtime/protocol.ts";

type Lost = Parameters<ExecutorEvents["lost"]>[1];

export type SeenEvent =
  | { event: "taken"; attemptId: string; pid: number; workerId: string }
  | { event: "finished"; attemptId: string; end: AttemptEnd }
  | { event: "lost"; attemptId: string; why: Lost }
  | { event: "alive"; attemptId: string }
  | { event: "slots"; attemptId: ""; free: number; total: number }
  | { event: "request"; attemptId: string; request: ChildRequest };

export class SchedulerStub implements ExecutorEvents {
  readonly seen: SeenEvent[] = [];
  /** What answers requests; by default null. */
  onRequest: (attemptId: string, request: ChildRequest) => Promise<Json> = async () => null;
  readonly #executor: Executor;
  readonly #options: { begin: boolean; acknowledge: boolean };
  #waiting: { matches: (event: SeenEvent) => boolean; resolve: (event: SeenEvent) => void }[] = [];

  constructor(executor: Executor, options: { begin?: boolean; acknowledge?: boolean } = {}) {
    this.#executor = executor;
    this.#options = { begin: true, acknowledge: true, ...options };
  }

  /** The first event, past or to come, of the kind and the attempt. */
  wait<E extends SeenEvent["event"]>(
    event: E,
    attemptId?: string,
  ): Promise<Extract<SeenEvent, { event: E }>> {
    return this.when(
      (seen) => seen.event === event && (attemptId === undefined || seen.attemptId === attemptId),
    ) as Promise<Extract<SeenEvent, { event: E }>>;
  }

  when(matches: (event: SeenEvent) => boolean): Promise<SeenEvent> {
    const past = this.seen.find(matches);
    if (past !== undefined) return Promise.resolve(past);
    return new Promise((resolve) => this.#waiting.push({ matches, resolve }));
  }

  /** The value that the attempt returned. */
  async value(attemptId: string): Promise<Json> {
    const { end } = await this.wait("finished", attemptId);
    if (end.result.outcome !== "success") throw new Error(`expected success, got ${JSON.stringify(end)}`);
    const { value } = end.result;
    return value !== undefined && "json" in value ? value.json : null;
  }

  /** Events of an attempt in order, without signs of life and requests. */
  story(attemptId: string): string[] {
    const names = this.seen.filter((seen) => seen.attemptId === attemptId).map(({ event }) => event);
    return names.filter((event) => event !== "alive" && event !== "request");
  }

  taken(attemptId: string, where: { hostname: string; pid: number; workerId: string }): void {
    this.#add({ event: "taken", attemptId, pid: where.pid, workerId: where.workerId });
    if (this.#options.begin) this.#executor.begin(attemptId);
  }

  finished(attemptId: string, end: AttemptEnd): void {
    this.#add({ event: "finished", attemptId, end });
    if (this.#options.acknowledge) this.#executor.acknowledge([attemptId]);
  }

  lost(attemptId: string, why: Lost): void {
    this.#add({ event: "lost", attemptId, why });
    if (this.#options.acknowledge) this.#executor.acknowledge([attemptId]);
  }

  alive(attemptIds: readonly string[]): void {
    for (const attemptId of attemptIds) this.#add({ event: "alive", attemptId });
  }

  slots(free: number, total: number): void {
    this.#add({ event: "slots", attemptId: "", free, total });
  }

  request(attemptId: string, request: ChildRequest): Promise<Json> {
    this.#add({ event: "request", attemptId, request });
    return this.onRequest(attemptId, request);
  }

  #add(event: SeenEvent): void {
    this.seen.push(event);
    const waiting = this.#waiting;
    this.#waiting = waiting.filter(({ matches }) => !matches(event));
    for (const { matches, resolve } of waiting) if (matches(event)) resolve(event);
  }
}
