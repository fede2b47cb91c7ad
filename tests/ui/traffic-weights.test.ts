import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { share, sumOfWeights } from "../../ui/src/pages/deployments/traffic-weights.ts";

const variant = (name: string, weight: number, shadow = false) => ({ name, weight, shadow });

describe("sharing the traffic", () => {
  it("gives the rest to the others as they had it before", () => {
    const moved = share([variant("a", 60), variant("b", 30), variant("c", 10)], "c", 40);
    expect(moved.map(({ weight }) => weight)).toEqual([40, 20, 40]);
  });

  it("gives all of the rest to the first where the others had nothing", () => {
    expect(share([variant("a", 0), variant("b", 100)], "b", 75).map(({ weight }) => weight)).toEqual([
      25, 75,
    ]);
  });

  it("leaves shadows out, and all of it to a variant that is alone", () => {
    const moved = share([variant("a", 100), variant("s", 0, true)], "a", 40);
    expect(moved.map(({ weight }) => weight)).toEqual([100, 0]);
  });

  it("always adds up to 100", () => {
    const weights = fc.array(fc.integer({ min: 0, max: 100 }), { minLength: 2, maxLength: 6 });
    fc.assert(
      fc.property(weights, fc.integer({ min: 0, max: 100 }), (list, weight) => {
        const moved = share(
          list.map((one, place) => variant(`v${place}`, one)),
          "v0",
          weight,
        );
        expect(sumOfWeights(moved)).toBe(100);
        expect(moved.every((one) => one.weight >= 0)).toBe(true);
      }),
    );
  });
});
