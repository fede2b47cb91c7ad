/** Ctrl-C, a closed terminal and `kill`, for commands that have something to bring to an end first. */

export interface Interrupts {
  /** Aborted by the first signal; its reason is the signal's name. */
  readonly signal: AbortSignal;
  /** Resolves with the name of the first signal. */
  readonly received: Promise<string>;
  /** From now on signals do what they do by default. */
  release(): void;
}

const names = ["SIGINT", "SIGTERM", "SIGHUP"] as const;

/** What a shell reports for a command that Ctrl-C ended. */
export const interruptedExitCode = 130;

/** `onFirst` says what happens now; a second signal ends the process at once. */
export function catchInterrupts(onFirst: (name: string) => void): Interrupts {
  const controller = new AbortController();
  const { promise, resolve } = Promise.withResolvers<string>();
  const heard = (name: string): void => {
    if (controller.signal.aborted) process.exit(interruptedExitCode);
    controller.abort(name);
    onFirst(name);
    resolve(name);
  };
  const listeners = names.map((name) => [name, () => heard(name)] as const);
  for (const [name, listener] of listeners) process.on(name, listener);
  return {
    signal: controller.signal,
    received: promise,
    release() {
      for (const [name, listener] of listeners) process.off(name, listener);
    },
  };
}
