/** Tells tests what happened, so that they wait for it and never sleep. Costs nothing while nobody listens. */
export class Signals {
  readonly #waiting = new Map<string, ((detail: unknown) => void)[]>();

  emit(name: string, detail?: unknown): void {
    const waiting = this.#waiting.get(name);
    if (waiting === undefined) return;
    this.#waiting.delete(name);
    for (const resolve of waiting) resolve(detail);
  }

  /** Resolves at the next time that `name` is told. */
  next(name: string): Promise<unknown> {
    return new Promise((resolve) => {
      const waiting = this.#waiting.get(name);
      if (waiting === undefined) this.#waiting.set(name, [resolve]);
      else waiting.push(resolve);
    });
  }
}

/** Named places between two commits where a test may hold or kill the scheduler. */
export const debugPoints = ["before-commit", "after-commit-before-dispatch", "after-reload"] as const;

export type DebugPoint = (typeof debugPoints)[number];

export type DebugHook = (point: DebugPoint) => void | Promise<void>;
