/**
 * COPY over a connection: `pg` hands the protocol's messages to whatever object is "submitted"; these two pass the
 * bytes on, and hold the sender back while the receiver is full.
 */
import { once } from "node:events";
import type { Socket } from "node:net";
import type { Writable } from "node:stream";
import type { Client } from "pg";

/** The part of `pg`'s inner connection that a submitted object uses. */
interface Wire {
  readonly stream: Socket;
  query(text: string): void;
  sendCopyFromChunk(chunk: Buffer): void;
  endCopyFrom(): void;
  sendCopyFail(message: string): void;
}

abstract class CopyQuery {
  readonly text: string;
  readonly done: Promise<void>;
  #resolve!: () => void;
  #reject!: (error: Error) => void;
  #failure: Error | null = null;
  #settled = false;
  /** `pg` looks for it: with one it makes no promise of its own. */
  callback: (error: Error | null) => void = (error) => {
    if (error !== null) this.#settle(error);
  };

  constructor(text: string) {
    this.text = text;
    this.done = new Promise((resolve, reject) => {
      this.#resolve = resolve;
      this.#reject = reject;
    });
  }

  protected get settled(): boolean {
    return this.#settled;
  }

  submit(wire: Wire): Error | null {
    wire.query(this.text);
    return null;
  }

  handleCopyInResponse(wire: Wire): void {
    wire.sendCopyFail("COPY FROM was not expected");
  }

  handleCopyData(_message: { chunk: Buffer }, _wire: Wire): void {}

  handleRowDescription(): void {}

  handleDataRow(): void {}

  handleCommandComplete(): void {}

  handleEmptyQuery(): void {}

  handleError(error: Error): void {
    this.#settle(error);
  }

  handleReadyForQuery(): void {
    this.#settle(this.#failure);
  }

  protected fail(error: Error): void {
    this.#failure ??= error;
  }

  #settle(error: Error | null): void {
    if (this.#settled) return;
    this.#settled = true;
    // What the source said is the cause of what the server says about it.
    if (error === null) this.#resolve();
    else this.#reject(this.#failure ?? error);
  }
}

class CopyOut extends CopyQuery {
  readonly #sink: Writable;
  #isPaused = false;

  constructor(text: string, sink: Writable) {
    super(text);
    this.#sink = sink;
  }

  override handleCopyData({ chunk }: { chunk: Buffer }, wire: Wire): void {
    // The parser's buffer is used again for the next message.
    if (this.#sink.write(Buffer.from(chunk)) || this.#isPaused) return;
    // Messages that were read already still come.
    this.#isPaused = true;
    wire.stream.pause();
    this.#sink.once("drain", () => {
      this.#isPaused = false;
      wire.stream.resume();
    });
  }
}

class CopyIn extends CopyQuery {
  readonly #source: AsyncIterable<Buffer>;

  constructor(text: string, source: AsyncIterable<Buffer>) {
    super(text);
    this.#source = source;
  }

  override handleCopyInResponse(wire: Wire): void {
    void this.#send(wire).catch((error: unknown) => {
      this.fail(error instanceof Error ? error : new Error(String(error)));
      wire.sendCopyFail("the source of the copy failed");
    });
  }

  async #send(wire: Wire): Promise<void> {
    for await (const chunk of this.#source) {
      // The server has refused a row already.
      if (this.settled) return;
      wire.sendCopyFromChunk(chunk);
      if (wire.stream.writableNeedDrain) await once(wire.stream, "drain");
    }
    if (!this.settled) wire.endCopyFrom();
  }
}

/** `COPY … TO STDOUT`: every row is one write. */
export function copyOut(client: Client, text: string, sink: Writable): Promise<void> {
  const query = new CopyOut(text, sink);
  client.query(query as unknown as Parameters<Client["query"]>[0]);
  return query.done;
}

/** `COPY … FROM STDIN`; rejects with the source's error when that fails, and nothing is copied. */
export function copyIn(client: Client, text: string, source: AsyncIterable<Buffer>): Promise<void> {
  const query = new CopyIn(text, source);
  client.query(query as unknown as Parameters<Client["query"]>[0]);
  return query.done;
}
