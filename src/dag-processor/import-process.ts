/** One importing process, seen from the Dag processor: started when needed, killed when a file does not end. */

import type { ChildProcess } from "node:child_process";
import type { Clock } from "../time.ts";
import {
  heapLimitMb,
  type ImportChannel,
  type OpenImportChannel,
  openNodeChannel,
} from "./import-channel.ts";
import type { ImportAnswer } from "./import-messages.ts";
import type { ImportProblem } from "./outcome.ts";

const keptOutput = 8 * 1024;
const outputGraceMs = 100;

export interface ImportProcessOptions {
  readonly clock: Clock;
  readonly environment: Readonly<Record<string, string | undefined>>;
  /** Seconds that one import may take. */
  readonly timeout: number;
  /** Starts the process; one for TypeScript where nothing is said. */
  readonly openChannel?: OpenImportChannel;
}

export class ImportProcess {
  readonly #options: ImportProcessOptions;
  readonly #channel: ImportChannel;
  readonly #child: ChildProcess;
  readonly #ended: Promise<{ code: number | null; signal: NodeJS.Signals | null }>;
  #output = "";
  #requests = 0;
  #hasEnded = false;
  #tainted = false;
  #startError: Error | null = null;

  constructor(options: ImportProcessOptions) {
    this.#options = options;
    this.#channel = (options.openChannel ?? openNodeChannel)(options.environment);
    this.#child = this.#channel.child;
    this.#child.unref();
    this.#channel.hold(false);
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
      this.#child.once("error", (error) => {
        this.#startError = error;
        ended(null, null);
      });
    });
  }

  get imports(): number {
    return this.#requests;
  }

  /** False when it died, or a file left something behind in it. */
  get usable(): boolean {
    return !this.#hasEnded && !this.#tainted && this.#channel.connected;
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
    this.#channel.hold(true);
    const timeout = Promise.withResolvers<"timeout">();
    const timer = this.#options.clock.after(this.#options.timeout * 1000, () => timeout.resolve("timeout"));
    const answered = this.#channel.ask({ type: "import", id, dagsFolder, relativeFile });
    try {
      const first = await Promise.race([answered, this.#ended, timeout.promise]);
      if (first === "timeout") {
        this.kill();
        await this.#ended;
        return failed(timedOut(relativeFile, this.#options.timeout));
      }
      if (!("type" in first)) return failed(this.#crashed(relativeFile, first));
      if (first.tainted) this.#tainted = true;
      return first;
    } finally {
      timer.cancel();
      this.#child.unref();
      this.#channel.hold(false);
    }
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

  #crashed(
    relativeFile: string,
    { code, signal }: { code: number | null; signal: NodeJS.Signals | null },
  ): ImportProblem {
    if (this.#startError !== null) return notStarted(relativeFile, this.#startError);
    const output = this.#output;
    const tooOld = /^TW_PYTHON: (.*)$/m.exec(output)?.[1];
    if (tooOld !== undefined) return notStarted(relativeFile, new Error(tooOld));
    const outOfMemory = output.includes("heap out of memory");
    const how = signal === null ? `exit code ${code}` : `signal ${signal}`;
    const hint = outOfMemory
      ? `the file allocates more than ${heapLimitMb} MiB while it is imported; load data inside of tasks`
      : this.#channel.crashHint;
    const message = `the process that imported ${relativeFile} ended with ${how}\nLikely cause: ${hint}`;
    const stacktrace = `${message}\n\n${output}`.trimEnd();
    return { code: "TW_DAG_FILE_CRASH", message, stacktrace, line: null, column: null };
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

function notStarted(relativeFile: string, error: Error): ImportProblem {
  const message = `the process that imports ${relativeFile} cannot be started: ${error.message}
Likely cause: the interpreter is not installed where the service runs, or python.interpreter names another one`;
  return { code: "TW_DAG_FILE_CRASH", message, stacktrace: message, line: null, column: null };
}
