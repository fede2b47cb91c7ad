/**
 * Frames of the protocol on a byte stream: a 4-byte big-endian length, then that many bytes of UTF-8 JSON.
 *
 * `FrameConnection` puts what is sent within one turn of the event loop into one write, and pairs requests
 * with their answers. Both ends of every link (scheduler and worker, worker and child) use it.
 */
import type { Duplex } from "node:stream";
import type { Json } from "../core/dag-model.ts";
import { type ErrorCode, TradewindError } from "../errors.ts";
import { maxFrameBytes } from "./protocol.ts";

const headerBytes = 4;

/** One message as a frame. Throws TW_FRAME_TOO_LARGE, naming the size, when the other side would refuse it. */
export function encodeFrame(message: unknown, limit: number = maxFrameBytes): Buffer {
  const text = JSON.stringify(message);
  const frame = Buffer.allocUnsafe(headerBytes + checkedByteLength(text, message, limit));
  writeFrame(frame, 0, text);
  return frame;
}

function checkedByteLength(text: string, message: unknown, limit: number): number {
  const bytes = Buffer.byteLength(text);
  if (bytes > limit) {
    const type = (message as { type?: unknown } | null)?.type;
    throw new TradewindError(
      "TW_FRAME_TOO_LARGE",
      `a message${typeof type === "string" ? ` "${type}"` : ""} of at most ${limit} bytes was expected, got ${bytes} bytes`,
      { hint: "Store large values in the artifact store or a file, and pass on where they are." },
    );
  }
  return bytes;
}

function writeFrame(target: Buffer, offset: number, text: string): number {
  const written = target.write(text, offset + headerBytes);
  target.writeUInt32BE(written, offset);
  return offset + headerBytes + written;
}

/** Cuts a byte stream into messages. Chunks of a frame are joined once, when its last byte is there. */
export class FrameDecoder {
  readonly #limit: number;
  #chunks: Buffer[] = [];
  #buffered = 0;
  /** Bytes that must be there before anything can be cut: the header, or header and body of a known frame. */
  #wanted = headerBytes;

  constructor(limit: number = maxFrameBytes) {
    this.#limit = limit;
  }

  /** Calls back with each message that the chunk completes. Throws TW_FRAME_TOO_LARGE or TW_FRAME_INVALID. */
  push(chunk: Buffer, each: (message: unknown) => void): void {
    this.#buffered += chunk.length;
    if (this.#buffered < this.#wanted) {
      this.#chunks.push(chunk);
      return;
    }
    let bytes = chunk;
    if (this.#chunks.length > 0) {
      this.#chunks.push(chunk);
      bytes = Buffer.concat(this.#chunks, this.#buffered);
      this.#chunks = [];
    }
    let offset = 0;
    this.#wanted = headerBytes;
    while (bytes.length - offset >= headerBytes) {
      const length = bytes.readUInt32BE(offset);
      if (length > this.#limit) throw tooLarge(length, this.#limit);
      const end = offset + headerBytes + length;
      if (end > bytes.length) {
        this.#wanted = headerBytes + length;
        break;
      }
      const message = parse(bytes.toString("utf8", offset + headerBytes, end));
      offset = end;
      each(message);
    }
    this.#buffered = bytes.length - offset;
    if (this.#buffered > 0) this.#chunks.push(bytes.subarray(offset));
  }

  /** True in the middle of a frame: a stream that ends now lost something. */
  get partial(): boolean {
    return this.#buffered > 0;
  }
}

function tooLarge(length: number, limit: number): TradewindError {
  return new TradewindError(
    "TW_FRAME_TOO_LARGE",
    `a frame of at most ${limit} bytes was expected, got a header that says ${length} bytes`,
    { hint: "Either the value is too large, or something else was written to the protocol's stream." },
  );
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (cause) {
    const start = JSON.stringify(text.slice(0, 80));
    throw new TradewindError("TW_FRAME_INVALID", `a frame of JSON was expected, got ${start}`, { cause });
  }
}

/** The answer frames of both directions; ids are those of the side that asked. */
type Answer =
  | { type: "response"; id: number; result: Json }
  | { type: "response-error"; id: number; error: { code: string; message: string } };

export interface FrameHandlers<In> {
  /** Every message but answers to `request`. */
  message(message: In): void;
  /** Once, when nothing more will come; with an error when the stream broke the protocol or failed. */
  closed(error: Error | null): void;
}

/** An answer that says no. `code` is the other side's, which this side's catalogue need not know. */
export class RequestError extends Error {
  readonly code: string;
  constructor(code: string, message: string) {
    super(message);
    this.name = "RequestError";
    this.code = code;
  }
}

interface Waiting {
  resolve(result: Json): void;
  reject(error: Error): void;
}

export class FrameConnection<In extends { type: string }, Out extends { type: string }> {
  readonly #stream: Duplex;
  readonly #handlers: FrameHandlers<In>;
  readonly #decoder: FrameDecoder;
  readonly #limit: number;
  readonly #waiting = new Map<number, Waiting>();
  #nextId = 1;
  #pending: string[] = [];
  #pendingBytes = 0;
  #flushing = false;
  #closed = false;

  constructor(stream: Duplex, handlers: FrameHandlers<In>, options: { limit?: number } = {}) {
    this.#stream = stream;
    this.#handlers = handlers;
    this.#limit = options.limit ?? maxFrameBytes;
    this.#decoder = new FrameDecoder(this.#limit);
    stream.on("data", (chunk: Buffer) => this.#received(chunk));
    stream.on("error", (error) => this.#close(error));
    stream.on("end", () => this.#close(null));
    stream.on("close", () => this.#close(null));
  }

  get closed(): boolean {
    return this.#closed;
  }

  /** Bytes that are sent but not yet taken by the other side. */
  get unsentBytes(): number {
    return this.#pendingBytes + this.#stream.writableLength;
  }

  /**
   * Sends with everything else that this turn of the event loop sends; a closed connection drops it.
   * Throws TW_FRAME_TOO_LARGE before anything of the message is written.
   */
  send(message: Out | Answer): void {
    if (this.#closed) return;
    const text = JSON.stringify(message);
    this.#pendingBytes += headerBytes + checkedByteLength(text, message, this.#limit);
    this.#pending.push(text);
    if (this.#flushing) return;
    this.#flushing = true;
    setImmediate(() => this.flush());
  }

  /** Hands what was sent to the operating system now: before the process blocks or exits. */
  flush(): void {
    this.#flushing = false;
    if (this.#pending.length === 0 || this.#closed) return;
    const frames = Buffer.allocUnsafe(this.#pendingBytes);
    let offset = 0;
    for (const text of this.#pending) offset = writeFrame(frames, offset, text);
    this.#pending = [];
    this.#pendingBytes = 0;
    this.#stream.write(frames);
  }

  /**
   * Sends `{ type: "request", id, ...body }` and resolves with the answer. Rejects with `RequestError` when
   * the answer says no, with TW_CONNECTION_CLOSED when the connection ends first.
   */
  request(body: { method: string; [field: string]: unknown }): Promise<Json> {
    if (this.#closed) return Promise.reject(connectionClosed(body.method));
    const id = this.#nextId++;
    return new Promise((resolve, reject) => {
      this.#waiting.set(id, { resolve, reject });
      try {
        this.send({ ...body, type: "request", id } as unknown as Out);
      } catch (error) {
        this.#waiting.delete(id);
        reject(error as Error);
      }
    });
  }

  /** Answers request `id` with what `work` comes to; errors travel with their code. */
  answer(id: number, work: Promise<Json>): void {
    work.then(
      (result) => this.#sendAnswer({ type: "response", id, result: result ?? null }),
      (error: unknown) => this.#sendAnswer(refusal(id, error)),
    );
  }

  #sendAnswer(answer: Answer): void {
    try {
      this.send(answer);
    } catch (error) {
      this.send(refusal(answer.id, error));
    }
  }

  /** Stops reading until `resume`, so that the sender feels it. */
  pause(): void {
    this.#stream.pause();
  }

  resume(): void {
    this.#stream.resume();
  }

  /** Sends the rest, then closes. */
  end(): void {
    this.flush();
    this.#stream.end();
  }

  destroy(): void {
    this.#stream.destroy();
    this.#close(null);
  }

  #received(chunk: Buffer): void {
    if (this.#closed) return;
    try {
      this.#decoder.push(chunk, (message) => this.#dispatch(message as In | Answer));
    } catch (error) {
      if (!isFrameError(error)) throw error;
      this.#stream.destroy();
      this.#close(error);
    }
  }

  #dispatch(message: In | Answer): void {
    if (message.type !== "response" && message.type !== "response-error") {
      this.#handlers.message(message as In);
      return;
    }
    const answer = message as Answer;
    const waiting = this.#waiting.get(answer.id);
    if (waiting === undefined) return;
    this.#waiting.delete(answer.id);
    if (answer.type === "response") waiting.resolve(answer.result);
    else waiting.reject(new RequestError(answer.error.code, answer.error.message));
  }

  #close(error: Error | null): void {
    if (this.#closed) return;
    if (error === null) this.flush();
    this.#closed = true;
    this.#pending = [];
    this.#pendingBytes = 0;
    const waiting = [...this.#waiting.values()];
    this.#waiting.clear();
    for (const { reject } of waiting) reject(connectionClosed("an answer", error));
    this.#handlers.closed(error);
  }
}

function isFrameError(error: unknown): error is TradewindError {
  const frameErrors: readonly ErrorCode[] = ["TW_FRAME_INVALID", "TW_FRAME_TOO_LARGE"];
  return error instanceof TradewindError && frameErrors.includes(error.code);
}

function connectionClosed(waitingFor: string, cause?: unknown): TradewindError {
  return new TradewindError("TW_CONNECTION_CLOSED", `the connection closed while waiting for ${waitingFor}`, {
    cause,
  });
}

function refusal(id: number, error: unknown): Answer {
  const code = (error as { code?: unknown } | null)?.code;
  const message = error instanceof Error ? error.message : String(error);
  return {
    type: "response-error",
    id,
    error: { code: typeof code === "string" ? code : "TW_INTERNAL", message },
  };
}
