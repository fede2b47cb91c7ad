import { describe, expect, it } from "vitest";
import { checkRunId, runId, runIdSuffix, runTypeOf } from "../../src/core/run-id.ts";

describe("run ids", () => {
  it("tell the type of their run", () => {
    expect(runTypeOf(runId("asset_triggered", 0, "abc"))).toBe("asset_triggered");
    expect(runTypeOf("my run")).toBe("manual");
  });

  it("end in eight letters and digits where there is no logical date", () => {
    expect(runId("manual", 0, runIdSuffix(Uint8Array.from([0, 25, 26, 61, 62, 255, 1, 2])))).toMatch(
      /^manual__1970-01-01T00:00:00\+00:00_[A-Za-z0-9]{8}$/,
    );
  });

  it.each(["", "a b", "a/b", "ä", "a..b", "x".repeat(251)])("refuse %j", (id) => {
    expect(() => checkRunId(id)).toThrow(expect.objectContaining({ code: "TW_RUN_ID" }));
  });

  it("take what Airflow takes", () => {
    checkRunId("manual__2026-03-01T12:34:56.789000+00:00_Ab3~:.");
  });
});
