/** Retry delays are those that Airflow answered, jitter included; `record-retries.py` asked it. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { retryDelay } from "../../src/core/retry.ts";

interface Case {
  retryDelay: number;
  multiplier: number;
  maxRetryDelay: number | null;
  logicalDate: string | null;
  tryNumber: number;
  seconds: number;
}

const { cases } = JSON.parse(readFileSync(join(import.meta.dirname, "fixtures/retries.json"), "utf8")) as {
  cases: Case[];
};

describe("retry delays as Airflow computes them", () => {
  it("equal the recorded ones", () => {
    for (const each of cases) {
      const policy = {
        retryDelay: each.retryDelay,
        retryExponentialBackoff: each.multiplier,
        ...(each.maxRetryDelay === null ? {} : { maxRetryDelay: each.maxRetryDelay }),
      };
      const logicalDate = each.logicalDate === null ? null : Date.parse(each.logicalDate);
      const of = { dagId: "pipeline", taskId: "group.train-model", logicalDate, tryNumber: each.tryNumber };
      expect(retryDelay(policy, of), JSON.stringify(each)).toBe(each.seconds);
    }
  });
});
