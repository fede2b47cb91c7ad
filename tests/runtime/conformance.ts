/** Holds the conversations of `tests/fixtures/protocol` with a child of any language. */
import { type ChildProcess, spawn } from "node:child_process";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import type { Duplex } from "node:stream";
import { pathToFileURL } from "node:url";
import { encodeFrame, FrameDecoder } from "../../src/runtime/frames.ts";
import type { CodeLocation, StartTask } from "../../src/runtime/protocol.ts";

type Fields = { [name: string]: unknown };

export interface Conversation {
  readonly name: string;
  readonly steps: readonly Step[];
}

type Step =
  | { start: Fields & { task?: Fields; run?: Fields } }
  | { send: Fields }
  | { expect: Fields & { type: string }; absent?: string[]; answer?: unknown; refuse?: Fields }
  | { exit: number };

export interface ChildCommand {
  readonly file: string;
  readonly args: readonly string[];
  readonly env: { readonly [name: string]: string | undefined };
  readonly code: CodeLocation;
  readonly artifactRoot: string;
}

const folder = join(import.meta.dirname, "../fixtures/protocol");
const read = (name: string): unknown =>
  JSON.parse(readFileSync(join(folder, name), "utf8").replaceAll("$fixtures", pathToFileURL(folder).href));

/** All conversations, by the name of their file. */
export function conversations(): [string, Conversation][] {
  return readdirSync(folder)
    .filter((name) => name.endsWith(".json") && !["tasks.json", "start.json", "large.json"].includes(name))
    .flatMap((name) =>
      (read(name) as Conversation[]).map((one): [string, Conversation] => [`${name}: ${one.name}`, one]),
    );
}

/** Throws where the child says something else than the conversation has it. */
export async function hold(conversation: Conversation, command: ChildCommand): Promise<void> {
  const partner = new Partner(command);
  try {
    for (const step of conversation.steps) await partner.take(step);
  } finally {
    await partner.end();
  }
}

class Partner {
  readonly #command: ChildCommand;
  readonly #process: ChildProcess;
  readonly #stream: Duplex;
  readonly #exited: Promise<number | null>;
  readonly #received: Fields[] = [];
  #notify: () => void = () => undefined;
  #closed = false;
  #stderr = "";

  constructor(command: ChildCommand) {
    this.#command = command;
    this.#process = spawn(command.file, command.args, {
      stdio: ["ignore", "ignore", "pipe", "pipe"],
      env: command.env as NodeJS.ProcessEnv,
    });
    this.#process.stderr?.on("data", (chunk: Buffer) => {
      this.#stderr += chunk.toString();
    });
    this.#exited = new Promise((resolve) => this.#process.on("close", resolve));
    void this.#exited.finally(() => {
      this.#closed = true;
      this.#notify();
    });
    this.#stream = this.#process.stdio[3] as Duplex;
    const decoder = new FrameDecoder();
    this.#stream.on("data", (chunk: Buffer) =>
      decoder.push(chunk, (message) => {
        this.#received.push(message as Fields);
        this.#notify();
      }),
    );
    this.#stream.on("error", () => undefined);
  }

  async take(step: Step): Promise<void> {
    if ("start" in step) return this.#send(this.#start(step.start));
    if ("send" in step) return this.#send(step.send);
    if ("exit" in step) {
      const code = await this.#exited;
      if (code !== step.exit) throw new Error(`expected exit code ${step.exit}, got ${code}`);
      return;
    }
    const message = await this.#next(step.expect.type);
    const difference = differs(message, step.expect, step.expect.type);
    if (difference) throw new Error(`${difference}\nin ${JSON.stringify(message)}`);
    for (const path of step.absent ?? []) {
      const found = path
        .split(".")
        .reduce<unknown>((at, name) => (at as Fields | undefined)?.[name], message);
      if (found !== undefined) throw new Error(`expected no ${path}, got ${JSON.stringify(found)}`);
    }
    if ("answer" in step) this.#send({ type: "response", id: message["id"], result: step.answer });
    if ("refuse" in step) this.#send({ type: "response-error", id: message["id"], error: step.refuse });
  }

  async end(): Promise<void> {
    this.#stream.destroy();
    await this.#exited;
  }

  #start({ task, run, ...rest }: Fields & { task?: Fields; run?: Fields }): Fields {
    const usual = read("start.json") as StartTask;
    const { code, artifactRoot } = this.#command;
    return {
      ...usual,
      code,
      artifactRoot,
      ...rest,
      task: { ...usual.task, ...task },
      run: { ...usual.run, ...run },
    };
  }

  #send(message: Fields): void {
    this.#stream.write(encodeFrame(message));
  }

  /** The next message of the type; only what may come at any time is passed over. */
  async #next(type: string): Promise<Fields> {
    for (;;) {
      const message = this.#received.shift();
      if (message?.["type"] === type) return message;
      // Nobody waits for an answer to it.
      if (message?.["method"] === "rendered-fields.set") continue;
      if (message && !["heartbeat", "log", "mask", "ready"].includes(String(message["type"]))) {
        throw new Error(`expected a "${type}", got ${JSON.stringify(message)}`);
      }
      if (message) continue;
      if (this.#closed) throw new Error(`expected a "${type}", the child ended; it printed: ${this.#stderr}`);
      await new Promise<void>((resolve) => {
        this.#notify = resolve;
      });
    }
  }
}

/** In what the value lacks something expected; lists must be as long as expected. */
function differs(value: unknown, expected: unknown, path: string): string | undefined {
  if (typeof expected === "string" && /^\/.+\/$/.test(expected)) {
    return new RegExp(expected.slice(1, -1)).test(String(value))
      ? undefined
      : `${path}: expected ${expected}, got ${JSON.stringify(value)}`;
  }
  if (Array.isArray(expected)) {
    if (!Array.isArray(value) || value.length !== expected.length)
      return `${path}: expected ${JSON.stringify(expected)}, got ${JSON.stringify(value)}`;
    return expected
      .map((item, index) => differs(value[index], item, `${path}[${index}]`))
      .find((found) => found !== undefined);
  }
  if (expected !== null && typeof expected === "object") {
    if (value === null || typeof value !== "object")
      return `${path}: expected ${JSON.stringify(expected)}, got ${JSON.stringify(value)}`;
    return Object.entries(expected)
      .map(([name, inner]) => differs((value as Fields)[name], inner, `${path}.${name}`))
      .find((found) => found !== undefined);
  }
  return value === expected
    ? undefined
    : `${path}: expected ${JSON.stringify(expected)}, got ${JSON.stringify(value)}`;
}
