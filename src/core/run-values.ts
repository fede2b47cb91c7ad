/** Keeps, for one run, what expansions ask of returned values: lengths, and how many instances returned one. */
import type { ReturnedValues } from "./facts.ts";

export class RunValues implements ReturnedValues {
  readonly #lengths = new Map<number, number | null>();
  readonly #returned = new Map<number, Set<number>>();

  /** Length of a returned list or object; null where the value was something else. Again changes nothing. */
  record(task: number, mapIndex: number, length: number | null): void {
    if (mapIndex < 0) {
      this.#lengths.set(task, length);
      return;
    }
    const returned = this.#returned.get(task);
    if (returned) returned.add(mapIndex);
    else this.#returned.set(task, new Set([mapIndex]));
  }

  /** After a clear, or before a new try: what the instance returned is gone. */
  forget(task: number, mapIndex: number): void {
    if (mapIndex < 0) this.#lengths.delete(task);
    else this.#returned.get(task)?.delete(mapIndex);
  }

  length(task: number): number | null {
    return this.#lengths.get(task) ?? null;
  }

  count(task: number): number {
    return this.#returned.get(task)?.size ?? 0;
  }
}
