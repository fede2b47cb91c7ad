import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { instantIn, wallText } from "../../ui/src/components/zoned-time.ts";

describe("a field for a date and a time", () => {
  it("is read on the clock of its zone", () => {
    const noon = (zone: string) => new Date(instantIn(zone, "2026-07-01T12:00") ?? 0).toISOString();
    expect(noon("UTC")).toBe("2026-07-01T12:00:00.000Z");
    expect(noon("Asia/Tokyo")).toBe("2026-07-01T03:00:00.000Z");
    expect(noon("America/New_York")).toBe("2026-07-01T16:00:00.000Z");
  });

  it("is nothing while it is not filled in", () => {
    for (const text of ["", "tomorrow"]) expect(instantIn("Europe/Paris", text)).toBeNull();
  });

  it("shows the instant that it was given, whatever the zone", () => {
    const zones = fc.constantFrom("UTC", "Europe/Paris", "America/New_York", "Asia/Kolkata", "Pacific/Apia");
    const seconds = fc.integer({ min: 0, max: 4_000_000_000 });
    fc.assert(
      fc.property(zones, seconds, (zone, second) => {
        const text = wallText(zone, second * 1000);
        // An hour that the clock shows twice has one text, and is read as one of the two.
        expect(wallText(zone, instantIn(zone, text) ?? 0)).toBe(text);
      }),
    );
  });
});
