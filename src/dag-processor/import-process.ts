/** One importing process, seen from the Dag processor: started when needed, killed when a file does not end. */

import { type ChildProcess, fork } from "node:child_process";
import { ownFile } from "../own-file.ts";
import type { Clock } from "../time.ts";
import type { ImportAnswer, ImportRequest } from "./import-messages.ts";
import type { ImportProblem } from "./outcome.ts";

const childFile = ownFile(import.meta.dirname, "import-child");
/** Heap of an importing process. A file that needs more loads data where it should define Dags. */
const heapLimitMb = 1024;
const keptOutput = 8 * 1024;
const outputGraceMs = 100;

export interface ImportProcessOptions {
  readonly clock: Clock;
  readonly environment: Readonly<Record<string, string | undefined>>;
  /** Seconds that one import may take. */
  readonly timeout: number;
}

export class ImportProcess {
  readonly #options: ImportProcessOptions;
  readonly #child: ChildProcess;
  readonly #ended: Promise<{ code: number | null; signal: NodeJS.Signals | null }>;
  #output = "";
  #requests = 0;
  #hasEnded = false;
  #tainted = false;

  constructor(options: ImportProcessOptions) {
    this.#options = options;
    this.#child = fork(childFile, [], {
      env: { ...options.environment } as NodeJS.ProcessEnv,
      execArgv: [`--max-old-space-size=${heapLimitMb}`, "--disable-warning=ExperimentalWarning"],
      stdio: ["ignore", "pipe", "pipe", "ipc"],
      // A group of its own, so that what a file starts dies with it.
      detached: true,
    });
    this.#child.unref();
    this.#child.channel?.unref();
    for (const stream of [this.#child.stdout, this.#child.stderr]) {
      stream?.on("data", (chunk: Buffer) => {
        this.#output = (this.#output + chunk.toString()).slice(-keptOutput);
      });
      (stream as { unref?: () => void } | null)?.unref?.();
    }
    this.#ended = new Promise((resolve) => {
      const ended = (code: number | null, signal: NodeJS.Signals | null): void => {
        this.#hasEnded = true;
        resolve({ code, signal });
      };
      // What it printed last comes after its exit, unless something that it started holds the pipe open.
      this.#child.once("close", ended);
      this.#child.once("exit", (code, signal) =>
        options.clock.after(outputGraceMs, () => ended(code, signal)),
      );
      this.#child.once("error", () => ended(null, null));
    });
  }

  get imports(): number {
    return this.#requests;
  }

  /** False when it died, or a file left something behind in it. */
  get usable(): boolean {
    return !this.#hasEnded && !this.#tainted && this.#child.connected;
  }

  /** What the last files printed, to be shown at debug level. */
  takeOutput(): string {
    const output = this.#output;
    this.#output = "";
    return output;
  }

  /** Imports one file. Never rejects: a process that hangs is killed, one that dies is an answer too. */
  async import(dagsFolder: string, relativeFile: string): Promise<ImportAnswer> {
    this.#requests += 1;
    const id = this.#requests;
    const begun = this.#options.clock.now();
    const seconds = (): number => (this.#options.clock.now() - begun) / 1000;
    const failed = (problem: ImportProblem): ImportAnswer => {
      const nothing = { dags: [], files: {}, missing: [] };
      return { type: "imported", id, ...nothing, problem, seconds: seconds(), tainted: true };
    };
    // The parent must not end while an import is on its way, and need not stay for an idle process.
    this.#child.ref();
    this.#child.channel?.ref();
    const timeout = Promise.withResolvers<"timeout">();
    const timer = this.#options.clock.after(this.#options.timeout * 1000, () => timeout.resolve("timeout"));
    const answered = this.#ask({ type: "import", id, dagsFolder, relativeFile });
    try {
      const first = await Promise.race([answered, this.#ended, timeout.promise]);
      if (first === "timeout") {
        this.kill();
        await this.#ended;
        return failed(timedOut(relativeFile, this.#options.timeout));
      }
      if (!("type" in first)) return failed(crashed(relativeFile, first, this.#output));
      if (first.tainted) this.#tainted = true;
      return first;
    } finally {
      timer.cancel();
      this.#child.unref();
      this.#child.channel?.unref();
    }
  }

  #ask(request: ImportRequest): Promise<ImportAnswer> {
    return new Promise((resolve) => {
      const listen = (message: unknown): void => {
        // User code may send messages too.
        const answer = message as ImportAnswer | null;
        if (answer?.type !== "imported" || answer.id !== request.id) return;
        this.#child.off("message", listen);
        resolve(answer);
      };
      this.#child.on("message", listen);
      // An error here is an end of the process, which is waited for.
      this.#child.send(request, () => {});
    });
  }

  /** SIGKILL to the process and all that its files started. */
  kill(): void {
    if (this.#hasEnded || this.#child.pid === undefined) return;
    try {
      process.kill(-this.#child.pid, "SIGKILL");
    } catch {
      this.#child.kill("SIGKILL");
    }
  }

  async end(): Promise<void> {
    // The parent stays until it is over.
    this.#child.ref();
    this.kill();
    await this.#ended;
  }
}

function timedOut(relativeFile: string, seconds: number): ImportProblem {
  const message = `the import of ${relativeFile} did not end within ${seconds} s
Likely cause: an endless loop, or work (a query, a download, a model) in the file itself; move it into a task, or raise core.dag_import_timeout`;
  return { code: "TW_DAG_FILE_TIMEOUT", message, stacktrace: message, line: null, column: null };
}

function crashed(
  relativeFile: string,
  { code, signal }: { code: number | null; signal: NodeJS.Signals | null },
  output: string,
): ImportProblem {
  const outOfMemory = output.includes("heap out of memory");
  const how = signal === null ? `exit code ${code}` : `signal ${signal}`;
  const hint = outOfMemory
    ? `the file allocates more than ${heapLimitMb} MiB while it is imported; load data inside of tasks`
    : "the file ends or crashes its process (process.kill, process.abort, a native module)";
  const message = `the process that imported ${relativeFile} ended with ${how}\nLikely cause: ${hint}`;
  return {
    code: "TW_DAG_FILE_CRASH",
    message,
    stacktrace: `${message}\n\n${output}`.trimEnd(),
    line: null,
    column: null,
  };
}
