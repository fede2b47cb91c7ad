/**
 * Asks timetables that users wrote in Python: one process for each interpreter, started with the first question and
 * ended when none came for a while. A question that takes too long ends its process, and with it whatever hangs in it.
 */
import type { Json } from "../core/dag-model.ts";
import type { CustomTimetable } from "../core/timetable/custom.ts";
import { answerKnown, type KnownQuestion } from "../core/timetable/known-answers.ts";
import { TradewindError } from "../errors.ts";
import type { Logger } from "../log.ts";
import { environmentForTasks } from "../runtime/environment.ts";
import type { CodeLocation } from "../runtime/protocol.ts";
import { pythonArguments, pythonSettings } from "../runtime/python-command.ts";
import type { Clock, Timer } from "../time.ts";
import { describeExit } from "./worker/attempt-failure.ts";
import { type ProcessExit, TaskProcess } from "./worker/task-process.ts";

/** Instants are ISO 8601 with offset. */
export type TimetableQuestion =
  | {
      ask: "next";
      last: { start: string; end: string } | null;
      start: string | null;
      end: string | null;
      catchup: boolean;
    }
  | { ask: "manual"; runAfter: string }
  /** Several runs in a row, as if each were made when it is due. */
  | {
      ask: "runs";
      last: { start: string; end: string } | null;
      start: string | null;
      end: string | null;
      catchup: boolean;
      /** At most so many. */
      limit: number;
      runType: "scheduled" | "backfill";
    }
  /** Of which partitions of the Dag these events of its assets are. */
  | { ask: "partitions"; events: PartitionEvent[] }
  /** Which of the Dag's assets have brought all that a partition needs of them; with `describe`, what it needs as well. */
  | { ask: "complete"; partitions: { key: string; events: PartitionEvent[]; describe: boolean }[] };

/** What a partition needs of one asset of the Dag's schedule. */
export interface PartitionNeed {
  name: string;
  uri: string;
  /** All keys of a window are wanted; else any one key of the asset is enough. */
  isRollup: boolean;
  keys: string[];
  /** How many of the keys are enough; null where only the policy itself can tell. */
  enough: number | null;
  /** Why the mapper cannot tell. */
  problem?: string;
}

/** An event of an asset, and the key of the partition that it brings. */
export interface PartitionEvent {
  name: string;
  uri: string;
  key: string;
}

/** What each question is answered with; null where there is no run (any more). */
export interface TimetableAnswers {
  next: TimetableAnswer | null;
  manual: TimetableAnswer | null;
  runs: TimetableAnswer[];
  /** For each event; `problem` says why its key has no partition. */
  partitions: ({ keys: string[] } | { problem: string })[];
  /** For each partition; `problem` says why nobody can tell. */
  complete: (({ assets: { name: string; uri: string }[] } | { problem: string }) & {
    needs?: PartitionNeed[];
  })[];
}

export interface TimetableAnswer {
  runAfter: string;
  dataInterval: { start: string; end: string };
  /** Where the timetable names its runs itself. */
  runId?: string;
  partitionKey?: string;
}

export interface TimetableHostOptions {
  readonly clock: Clock;
  readonly log: Logger;
  /** Section `python` of the settings. */
  readonly python: Parameters<typeof pythonSettings>[0];
  readonly idleMs?: number;
  readonly patienceMs?: number;
}

interface Question {
  type: "timetable";
  id: number;
  code: CodeLocation;
  /** Null: the timetable of the Dag, as its file defines it. */
  classpath: string | null;
  data: Json;
  dagId: string | null;
  question: TimetableQuestion;
}

type Answer =
  | { type: "answer"; id: number; answer: TimetableAnswers[keyof TimetableAnswers] }
  | { type: "no-answer"; id: number; message: string }
  /** Of a timetable that is made of another one. */
  | ({ type: "request"; id: number; method: "timetable" } & { params: KnownQuestion });

type TimetableProcess = TaskProcess<Answer, Question>;

interface Waiting {
  readonly timer: Timer;
  resolve(answer: TimetableAnswers[keyof TimetableAnswers]): void;
  reject(error: TradewindError): void;
}

export class TimetableHost {
  readonly #options: TimetableHostOptions;
  readonly #processes = new Map<string, AskedProcess>();

  constructor(options: TimetableHostOptions) {
    this.#options = options;
  }

  /** @throws TradewindError TW_TIMETABLE when the timetable gives no answer. */
  ask<Asked extends TimetableQuestion>(
    code: CodeLocation,
    timetable: Pick<CustomTimetable, "classpath" | "data"> | { dagId: string },
    question: Asked,
  ): Promise<TimetableAnswers[Asked["ask"]]> {
    const { interpreter } = code;
    let asked = this.#processes.get(interpreter);
    if (asked === undefined) {
      asked = new AskedProcess(interpreter, this.#options, () => this.#processes.delete(interpreter));
      this.#processes.set(interpreter, asked);
    }
    const which =
      "dagId" in timetable
        ? { classpath: null, data: null, dagId: timetable.dagId }
        : { classpath: timetable.classpath, data: timetable.data, dagId: null };
    const answer = asked.ask({ code, ...which, question });
    return answer as Promise<TimetableAnswers[Asked["ask"]]>;
  }

  async stop(): Promise<void> {
    await Promise.all([...this.#processes.values()].map((asked) => asked.stop()));
  }
}

class AskedProcess {
  readonly #options: TimetableHostOptions;
  readonly #process: TimetableProcess;
  readonly #waiting = new Map<number, Waiting>();
  readonly #over = Promise.withResolvers<void>();
  readonly #gone: () => void;
  #lastId = 0;
  #idle: Timer | null = null;
  /** Which question the process was ended for. */
  #hung: string | null = null;

  constructor(interpreter: string, options: TimetableHostOptions, gone: () => void) {
    const { clock, log, python } = options;
    this.#options = options;
    this.#gone = gone;
    const command = {
      file: interpreter,
      args: pythonArguments("timetable_server"),
      env: { ...environmentForTasks(), ...pythonSettings(python) },
      cwd: null,
    };
    const onExit = (exit: ProcessExit): void => this.#ended(exit);
    this.#process = new TaskProcess(command, { clock, isolated: true, sensitiveNames: [], onExit });
    this.#process.user = {
      message: (message) => this.#answered(message),
      line: (stream, text) => log.info({ stream }, text),
      exited: () => {},
    };
  }

  ask(body: Omit<Question, "type" | "id">): Promise<TimetableAnswers[keyof TimetableAnswers]> {
    const { clock, patienceMs = 30_000 } = this.#options;
    this.#idle?.cancel();
    const id = ++this.#lastId;
    return new Promise((resolve, reject) => {
      const timer = clock.after(patienceMs, () => {
        this.#waiting.delete(id);
        const message = `timetable ${body.classpath ?? `of ${body.dagId}`} gave no answer within ${patienceMs / 1000} s`;
        reject(new TradewindError("TW_TIMETABLE", message));
        this.#hung = message;
        this.#process.kill();
      });
      this.#waiting.set(id, { timer, resolve, reject });
      this.#process.send({ type: "timetable", id, ...body });
    });
  }

  async stop(): Promise<void> {
    this.#gone();
    this.#idle?.cancel();
    this.#fail("the service ends");
    this.#process.retire();
    await this.#over.promise;
  }

  #answered(message: Answer): void {
    if (message.type === "request") {
      const { now } = this.#options.clock;
      const known = Promise.resolve().then(() => answerKnown(message.params, now()));
      return this.#process.answer(message.id, known);
    }
    const waiting = this.#waiting.get(message.id);
    if (waiting === undefined) return;
    this.#waiting.delete(message.id);
    waiting.timer.cancel();
    if (message.type === "answer") waiting.resolve(message.answer);
    else waiting.reject(new TradewindError("TW_TIMETABLE", message.message));
    if (this.#waiting.size > 0) return;
    const { clock, idleMs = 60_000 } = this.#options;
    this.#idle = clock.after(idleMs, () => void this.stop());
  }

  #ended(exit: ProcessExit): void {
    this.#gone();
    this.#idle?.cancel();
    this.#fail(`the process that asks timetables ended: ${this.#hung ?? describeExit(exit, null)}`);
    this.#over.resolve();
  }

  #fail(message: string): void {
    // The next question starts another process.
    this.#gone();
    for (const { timer, reject } of this.#waiting.values()) {
      timer.cancel();
      reject(new TradewindError("TW_TIMETABLE", message));
    }
    this.#waiting.clear();
  }
}
