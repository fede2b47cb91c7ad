/** Notes when the scheduler hands an attempt over, lets it begin and hears of its end, on the monotonic clock. */
import type { AttemptEnd, ExecutorEvents, Workload } from "../../src/executor/executor.ts";
import type { LocalExecutor } from "../../src/executor/local.ts";

export interface Life {
  readonly dagId: string;
  readonly taskId: string;
  readonly runId: string;
  /** Nanoseconds. `queued` is committed when it is dispatched, `running` when it is told to begin. */
  dispatched: number;
  taken: number;
  begun: number;
  /** Of the handler itself, where it returned them. */
  handlerBegan: number | null;
  handlerEnded: number | null;
  finished: number;
}

const now = (): number => Number(process.hrtime.bigint());
const kept = 200_000;

export function watchAttempts(prototype: LocalExecutor): Life[] {
  const open = new Map<string, Life>();
  const ended: Life[] = [];
  const { start, dispatch, begin } = prototype;
  prototype.dispatch = function (this: LocalExecutor, workload: Workload): void {
    const { dagId, taskId, runId } = workload.start.task;
    const times = { dispatched: now(), taken: 0, begun: 0, finished: 0 };
    open.set(workload.attemptId, { dagId, taskId, runId, ...times, handlerBegan: null, handlerEnded: null });
    return dispatch.call(this, workload);
  };
  prototype.begin = function (this: LocalExecutor, attemptId: string): void {
    const life = open.get(attemptId);
    if (life !== undefined) life.begun = now();
    return begin.call(this, attemptId);
  };
  prototype.start = function (this: LocalExecutor, events: ExecutorEvents): Promise<void> {
    const { taken, finished } = events;
    events.taken = (attemptId, where) => {
      const life = open.get(attemptId);
      if (life !== undefined) life.taken = now();
      taken.call(events, attemptId, where);
    };
    events.finished = (attemptId, end) => {
      const life = open.get(attemptId);
      open.delete(attemptId);
      if (life !== undefined && ended.length < kept) ended.push(closed(life, end));
      finished.call(events, attemptId, end);
    };
    return start.call(this, events);
  };
  return ended;
}

function closed(life: Life, { result }: AttemptEnd): Life {
  life.finished = now();
  const json =
    result.outcome === "success" && result.value !== undefined && "json" in result.value
      ? result.value.json
      : null;
  if (typeof json === "object" && json !== null && "began" in json && "ended" in json) {
    life.handlerBegan = Number(json["began"]);
    life.handlerEnded = Number(json["ended"]);
  }
  return life;
}
