/** How one importing process is started and spoken to; one implementation for each language of Dag files. */
import { type ChildProcess, fork } from "node:child_process";
import { ownFile } from "../own-file.ts";
import type { ImportAnswer, ImportRequest } from "./import-messages.ts";

export interface ImportChannel {
  readonly child: ChildProcess;
  readonly connected: boolean;
  /** Resolves with the answer to this request; never when the process ends first. */
  ask(request: ImportRequest): Promise<ImportAnswer>;
  /** Whether the parent must stay for the process. */
  hold(isNeeded: boolean): void;
  /** What else may have ended the process than what its output says. */
  readonly crashHint: string;
}

export type OpenImportChannel = (environment: Readonly<Record<string, string | undefined>>) => ImportChannel;

const childFile = ownFile(import.meta.dirname, "import-child");
/** Heap of an importing process. A file that needs more loads data where it should define Dags. */
export const heapLimitMb = 1024;

export const openNodeChannel: OpenImportChannel = (environment) => {
  const child = fork(childFile, [], {
    env: { ...environment } as NodeJS.ProcessEnv,
    execArgv: [`--max-old-space-size=${heapLimitMb}`, "--disable-warning=ExperimentalWarning"],
    stdio: ["ignore", "pipe", "pipe", "ipc"],
    // A group of its own, so that what a file starts dies with it.
    detached: true,
  });
  return {
    child,
    crashHint: "the file ends or crashes its process (process.kill, process.abort, a native module)",
    get connected() {
      return child.connected;
    },
    ask: (request) => askByMessage(child, request),
    hold(isNeeded) {
      if (isNeeded) child.channel?.ref();
      else child.channel?.unref();
    },
  };
};

function askByMessage(child: ChildProcess, request: ImportRequest): Promise<ImportAnswer> {
  return new Promise((resolve) => {
    const listen = (message: unknown): void => {
      // User code may send messages too.
      const answer = message as ImportAnswer | null;
      if (answer?.type !== "imported" || answer.id !== request.id) return;
      child.off("message", listen);
      resolve(answer);
    };
    child.on("message", listen);
    // An error here is an end of the process, which is waited for.
    child.send(request, () => {});
  });
}
