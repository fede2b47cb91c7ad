import { createHash } from "node:crypto";
import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { maxRetryDelay, mayRetry, retryDelay } from "../../src/core/retry.ts";
import { sha1 } from "../../src/core/sha1.ts";

const of = { dagId: "dag", taskId: "task", logicalDate: Date.UTC(2024, 0, 1), tryNumber: 1 };

describe("retries", () => {
  it("counts the tries beyond the first", () => {
    expect([1, 2, 3].map((tryNumber) => mayRetry(tryNumber, 2))).toEqual([true, true, false]);
    expect(mayRetry(0, 0)).toBe(false);
  });

  it("waits the retry delay when there is no multiplier", () => {
    for (const retryExponentialBackoff of [0, 1]) {
      expect(retryDelay({ retryDelay: 0.5, retryExponentialBackoff }, { ...of, tryNumber: 7 })).toBe(0.5);
    }
  });

  it("grows by the multiplier, with a jitter that is always the same, below twice the delay", () => {
    const policy = { retryDelay: 30, retryExponentialBackoff: 2 };
    for (let tryNumber = 1; tryNumber < 8; tryNumber++) {
      const delay = retryDelay(policy, { ...of, tryNumber });
      const least = 30 * 2 ** (tryNumber - 1);
      expect(delay).toBeGreaterThanOrEqual(least);
      expect(delay).toBeLessThan(2 * least);
      expect(retryDelay(policy, { ...of, tryNumber })).toBe(delay);
    }
  });

  it("is capped by a day and by max_retry_delay, also where the power overflows", () => {
    const policy = { retryDelay: 300, retryExponentialBackoff: 10 };
    expect(retryDelay(policy, { ...of, tryNumber: 500 })).toBe(maxRetryDelay);
    expect(retryDelay({ ...policy, maxRetryDelay: 600 }, { ...of, tryNumber: 5 })).toBe(600);
  });

  it("waits at least a second with backoff", () => {
    expect(retryDelay({ retryDelay: 0, retryExponentialBackoff: 2 }, of)).toBe(1);
  });
});

describe("sha1", () => {
  it("gives the digest of any text", () => {
    fc.assert(
      fc.property(fc.string({ unit: "binary", maxLength: 80 }), (text) => {
        expect(sha1(text).toString(16).padStart(40, "0")).toBe(createHash("sha1").update(text).digest("hex"));
      }),
    );
  });
});
