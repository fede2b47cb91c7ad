import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { uuid7 } from "../src/ids.ts";

const instant = fc.integer({ min: 0, max: 2 ** 48 - 1 });
const random = fc.uint8Array({ minLength: 16, maxLength: 16 });

describe("uuid7", () => {
  it("has the form, version and variant of RFC 9562, and its instant in front", () => {
    fc.assert(
      fc.property(instant, random, (now, bytes) => {
        const id = uuid7(now, bytes);
        expect(id).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
        expect(Number.parseInt(id.replaceAll("-", "").slice(0, 12), 16)).toBe(now);
      }),
    );
  });

  it("sorts by time", () => {
    fc.assert(
      fc.property(instant, instant, random, random, (a, b, x, y) => {
        fc.pre(a < b);
        expect(uuid7(a, x) < uuid7(b, y)).toBe(true);
      }),
    );
  });

  it("differs with each of the 74 random bits", () => {
    const ids = new Set<string>();
    for (let bit = 0; bit < 128; bit++) {
      const bytes = new Uint8Array(16);
      bytes[bit >> 3] = 1 << (bit & 7);
      ids.add(uuid7(1, bytes));
    }
    ids.delete(uuid7(1, new Uint8Array(16)));
    expect(ids.size).toBe(74);
  });
});
