import { describe, expect, it } from "vitest";
import { withInstants } from "../../ui/src/i18n/server-text.ts";

describe("instants in the server's sentences", () => {
  const shown = (text: string): string => withInstants(text, (at) => `<${at}>`);

  it("are those of the page", () => {
    expect(shown("step 2 of 3 (30 %): until 1970-01-01T00:00:01.500Z at least")).toBe(
      "step 2 of 3 (30 %): until <1500> at least",
    );
    expect(shown("its next try starts at 1970-01-01T00:00:01+00:00")).toBe("its next try starts at <1000>");
  });

  it("stay in ids of runs", () => {
    const text = "expected a run of d, got scheduled__2026-01-01T00:00:00+00:00";
    expect(shown(text)).toBe(text);
  });
});
