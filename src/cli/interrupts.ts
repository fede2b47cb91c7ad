/** Ctrl-C, a closed terminal and `kill`, for commands that have something to bring to an end first. */

export interface Interrupts {
  /** Aborted by the first signal; its reason is the signal's name. */
  readonly signal: AbortSignal;
  /** Resolves with the name of the first signal. */
  readonly received: Promise<string>;
  /** From now on signals do what they do by default. */
  release(): void;
}

/** SIGPIPE stands for a reader that went away; see main.ts. */
const names = ["SIGINT", "SIGTERM", "SIGHUP", "SIGPIPE"] as const;

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

/**
 * Runs the work of a command under these interrupts. What breaks because a signal also reached the programs that the
 * command had started (`initdb`, say) is no error of its own: the exit code says that it was interrupted.
 */
export async function underInterrupts(interrupts: Interrupts, work: () => Promise<void>): Promise<void> {
  try {
    await work();
  } catch (error) {
    if (!interrupts.signal.aborted) throw error;
    process.exitCode = interruptedExitCode;
  } finally {
    interrupts.release();
  }
}
