import { type Duplex, duplexPair } from "node:stream";
import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { Json } from "../../src/core/dag-model.ts";
import { encodeFrame, FrameConnection, FrameDecoder, type FrameHandlers } from "../../src/runtime/frames.ts";

interface Message {
  type: string;
  [field: string]: unknown;
}

function decodeAll(decoder: FrameDecoder, chunks: Buffer[]): unknown[] {
  const messages: unknown[] = [];
  for (const chunk of chunks) decoder.push(chunk, (message) => messages.push(message));
  return messages;
}

function cut(bytes: Buffer, sizes: number[]): Buffer[] {
  const chunks: Buffer[] = [];
  let offset = 0;
  for (let i = 0; offset < bytes.length; i++) {
    const size = sizes[i % sizes.length] ?? 1;
    chunks.push(bytes.subarray(offset, offset + size));
    offset += size;
  }
  return chunks;
}

function connection(stream: Duplex, handlers: Partial<FrameHandlers<Message>> = {}, limit?: number) {
  return new FrameConnection<Message, Message>(
    stream,
    { message: handlers.message ?? (() => {}), closed: handlers.closed ?? (() => {}) },
    limit === undefined ? {} : { limit },
  );
}

describe("FrameDecoder", () => {
  it("gives back what was encoded, however the stream is cut", () => {
    const sizes = fc.array(fc.integer({ min: 1, max: 40 }), { minLength: 1, maxLength: 10 });
    fc.assert(
      fc.property(fc.array(fc.jsonValue(), { maxLength: 8 }), sizes, (values, sizes) => {
        const bytes = Buffer.concat(values.map((value) => encodeFrame(value)));
        const decoder = new FrameDecoder();
        expect(decodeAll(decoder, cut(bytes, sizes))).toEqual(JSON.parse(JSON.stringify(values)));
        expect(decoder.partial).toBe(false);
      }),
    );
  });

  it("joins a large frame of many small chunks once", () => {
    const value = "x".repeat(8 * 1024 * 1024);
    const chunks = cut(encodeFrame({ value }), [1000]);
    const concat = Buffer.concat;
    let copied = 0;
    Buffer.concat = (list, total) => {
      copied += total ?? 0;
      return concat(list, total);
    };
    try {
      expect(decodeAll(new FrameDecoder(), chunks)).toEqual([{ value }]);
    } finally {
      Buffer.concat = concat;
    }
    expect(copied).toBeLessThan(2 * value.length);
  });

  it("refuses a header over the limit before the body has come", () => {
    const header = Buffer.from([0x7f, 0xff, 0xff, 0xff]);
    expect(() => decodeAll(new FrameDecoder(), [header])).toThrow(/TW_FRAME_TOO_LARGE|2147483647 bytes/);
  });

  it("refuses a body that is not JSON and shows its start", () => {
    const body = Buffer.from("hello");
    const frame = Buffer.concat([Buffer.from([0, 0, 0, body.length]), body]);
    expect(() => decodeAll(new FrameDecoder(), [frame])).toThrow(/"hello"/);
  });
});

describe("FrameConnection", () => {
  it("puts what one turn sends into one write", async () => {
    const [a, b] = duplexPair();
    let writes = 0;
    b.on("data", () => writes++);
    const received = Promise.withResolvers<void>();
    let count = 0;
    connection(b, {
      message: () => {
        if (++count === 100) received.resolve();
      },
    });
    const sender = connection(a);
    for (let i = 0; i < 100; i++) sender.send({ type: "n", i });
    await received.promise;
    expect(writes).toBe(1);
  });

  it("pairs answers with requests in any order, and carries the code of a refusal", async () => {
    const [a, b] = duplexPair();
    const first = Promise.withResolvers<Json>();
    const server: FrameConnection<Message, Message> = connection(b, {
      message: (message) => {
        const id = message["id"] as number;
        if (message["method"] === "slow") server.answer(id, first.promise);
        else if (message["method"] === "bad") {
          server.answer(id, Promise.reject(Object.assign(new Error("no such key"), { code: "TW_X" })));
        } else {
          server.answer(id, Promise.resolve("quick"));
          first.resolve("slow");
        }
      },
    });
    const client = connection(a);
    const slow = client.request({ method: "slow" });
    const bad = client.request({ method: "bad" });
    await expect(bad).rejects.toMatchObject({ code: "TW_X", message: "no such key" });
    expect(await client.request({ method: "quick" })).toBe("quick");
    expect(await slow).toBe("slow");
  });

  it("rejects what waits when the connection ends", async () => {
    const [a, b] = duplexPair();
    connection(b).end();
    await expect(connection(a).request({ method: "any" })).rejects.toMatchObject({
      code: "TW_CONNECTION_CLOSED",
    });
  });

  it("refuses to send a message over the limit and stays usable", async () => {
    const [a, b] = duplexPair();
    const got = Promise.withResolvers<Message>();
    connection(b, { message: got.resolve });
    const sender = connection(a, {}, 100);
    expect(() => sender.send({ type: "result", value: "x".repeat(200) })).toThrow(
      /"result".*at most 100 bytes/,
    );
    sender.send({ type: "small" });
    expect(await got.promise).toEqual({ type: "small" });
  });

  it("closes with an error when the other side breaks the protocol", async () => {
    const [a, b] = duplexPair();
    const closed = Promise.withResolvers<Error | null>();
    connection(b, { closed: closed.resolve });
    a.write(Buffer.from("GET / HTTP/1.1\r\n\r\n"));
    expect(await closed.promise).toMatchObject({ code: "TW_FRAME_TOO_LARGE" });
  });
});
