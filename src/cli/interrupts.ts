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

/** Those who are told when the reader of the output goes away, as by a signal. */
const waiting = new Set<(name: string) => void>();

/** The reader of the output is gone (`| head`); false when no command has anything to bring to an end. */
export function readerWentAway(): boolean {
  for (const heard of waiting) heard("nobody reads the output");
  return waiting.size > 0;
}

/** What a shell reports for a command that Ctrl-C ended. */
export const interruptedExitCode = 130;

/** `onFirst` says what happens now; a second signal ends the process at once, after `onSecond`. */
export function catchInterrupts(
  onFirst: (name: string) => void,
  onSecond: () => void = () => undefined,
): Interrupts {
  const controller = new AbortController();
  const { promise, resolve } = Promise.withResolvers<string>();
  const heard = (name: string): void => {
    if (controller.signal.aborted) {
      onSecond();
      process.exit(interruptedExitCode);
    }
    controller.abort(name);
    onFirst(name);
    resolve(name);
  };
  const listeners = names.map((name) => [name, () => heard(name)] as const);
  for (const [name, listener] of listeners) process.on(name, listener);
  waiting.add(heard);
  return {
    signal: controller.signal,
    received: promise,
    release() {
      waiting.delete(heard);
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
