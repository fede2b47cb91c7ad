/** Answers what other processes ask of timetables that users wrote (`ask-timetable.ts`). */
import type { Json } from "../core/dag-model.ts";
import { TradewindError } from "../errors.ts";
import type { TimetableQuestion } from "../executor/timetable-host.ts";
import {
  answerTimetableQuestion,
  type OpenTimetableQuestion,
  openTimetableQuestions,
} from "../store/timetable-questions.ts";
import { CustomTimetables } from "./custom-timetables.ts";
import type { Services } from "./services.ts";

export class TimetableQuestions {
  readonly #services: Services;
  readonly #timetables: CustomTimetables;
  readonly #answering = new Set<number>();

  constructor(services: Services) {
    this.#services = services;
    this.#timetables = new CustomTimetables(services);
  }

  /** Resolves when those that are open are being answered; one that takes long holds nobody back. */
  async runOnce(): Promise<void> {
    const { database, engine, timetables, log } = this.#services;
    const dagIds = [...engine.memory.dags.keys()];
    if (timetables === null || dagIds.length === 0) return;
    try {
      for (const open of await openTimetableQuestions(database, dagIds)) void this.#answer(open);
    } catch (error) {
      log.warn({ err: error }, "questions about timetables could not be looked for");
    }
  }

  async #answer({ id, versionId, question }: OpenTimetableQuestion): Promise<void> {
    if (this.#answering.has(id)) return;
    this.#answering.add(id);
    const { database, versions, clock, log } = this.#services;
    try {
      const asked = await this.#timetables
        .ask(await versions.get(versionId), question as unknown as TimetableQuestion)
        .then((answer) => ({ answer: answer as unknown as Json, problem: null }))
        .catch((error: unknown) => ({ answer: null, problem: told(error) }));
      await answerTimetableQuestion(database, id, asked, clock.now());
    } catch (error) {
      // The poll looks again.
      log.warn({ err: error }, "a question about a timetable could not be answered yet");
    } finally {
      this.#answering.delete(id);
    }
  }
}

function told(error: unknown): string {
  if (error instanceof TradewindError) return error.message;
  throw error;
}
