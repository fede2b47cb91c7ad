/** Sharing the traffic, measuring it, and judging the difference. */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { parseRequestId, requestId } from "../../../src/core/request-id.ts";
import { EndpointMeter } from "../../../src/ml/serving/endpoint-meter.ts";
import { brokenGuardrail, GuardrailWatch } from "../../../src/ml/serving/guardrails.ts";
import { LatencyHistogram } from "../../../src/ml/serving/latency-histogram.ts";
import { compareOutcomes, reportTraffic } from "../../../src/ml/serving/traffic-report.ts";
import { checkVariants, chooseVariant, pointOfKey } from "../../../src/ml/serving/traffic-split.ts";

const variant = (name: string, weight: number, shadow = false) => ({
  name,
  model: `models:/${name}/1`,
  weight,
  shadow,
});

describe("traffic split", () => {
  it("gives a canary of 10 % its share of 10 000 keys, within three standard deviations", () => {
    const variants = [variant("champion", 90), variant("canary", 10)];
    let canary = 0;
    for (let key = 0; key < 10_000; key++)
      if (chooseVariant(variants, pointOfKey(`customer-${key}`, "churn")).name === "canary") canary += 1;
    expect(canary).toBeGreaterThan(910);
    expect(canary).toBeLessThan(1090);
  });

  it("moves keys to a canary whose weight is raised, and none away from it", () => {
    const at = (weight: number, key: string) =>
      chooseVariant([variant("canary", weight), variant("champion", 100 - weight)], pointOfKey(key, "e"))
        .name;
    fc.assert(
      fc.property(fc.string(), fc.nat(100), fc.nat(100), (key, one, other) => {
        const [low, high] = [Math.min(one, other), Math.max(one, other)];
        if (at(low, key) === "canary") expect(at(high, key)).toBe("canary");
      }),
    );
  });

  it("never chooses a variant without weight", () => {
    const variants = [variant("a", 0), variant("b", 100), variant("s", 0, true)];
    for (const point of [0, 0.5, 0.999999]) expect(chooseVariant(variants, point).name).toBe("b");
  });

  it.each([
    [[variant("a", 50), variant("b", 40)], "expected weights that add up to 100, got 90"],
    [[variant("a", 0.9)], "got 0.9"],
    [[variant("a", 50), variant("a", 50)], "expected each variant once, got a twice"],
    [[variant("a", 110), variant("b", -10)], "a: expected a weight from 0 to 100, got 110"],
    [[variant("a", 90), variant("s", 10, true)], "s: expected weight 0 of a shadow variant, got 10"],
    [[variant("a", Number.NaN)], "a: expected a weight from 0 to 100, got NaN"],
  ])("refuses %j", (variants, message) => {
    expect(() => checkVariants(variants)).toThrow(message);
  });
});

describe("measurements", () => {
  it("knows quantiles to within its factor", () => {
    const histogram = new LatencyHistogram();
    for (let ms = 1; ms <= 1000; ms++) histogram.add(ms);
    for (const [q, exact] of [
      [0.5, 500],
      [0.95, 950],
      [0.99, 990],
    ] as const) {
      const measured = histogram.quantile(q) as number;
      expect(measured).toBeGreaterThanOrEqual(exact * 0.999);
      expect(measured).toBeLessThanOrEqual(exact * 1.2);
    }
    expect(new LatencyHistogram().quantile(0.5)).toBeNull();
  });

  it("counts by the minute, loses nothing that could not be written, and reports it all", () => {
    const meter = new EndpointMeter();
    const one = {
      endpoint: "e",
      variant: "a",
      modelName: "m",
      modelVersion: "3",
      generation: 1,
      failed: false,
      latency: 2,
    };
    meter.add(one, 61_000);
    const taken = meter.take();
    expect(taken.minutes).toMatchObject([{ minute: 60_000, requests: 1, errors: 0 }]);
    meter.add({ ...one, failed: true, latency: 8 }, 119_000);
    meter.putBack(taken);
    const metered = meter.take();
    const [report] = reportTraffic(metered.minutes);
    expect(report).toMatchObject({
      variant: "a",
      modelVersion: "3",
      requests: 2,
      errors: 1,
      errorRate: 0.5,
    });
    expect(report?.p50).toBeGreaterThanOrEqual(2);
    expect(report?.p99).toBeGreaterThanOrEqual(8);
    expect(metered.served).toEqual([
      expect.objectContaining({ endpoint: "e", variant: "a", model: "m", version: "3" }),
    ]);
    expect(meter.take()).toEqual({ minutes: [], served: [] });
  });

  it("finds by an answer's id when and by which version of which model it was given", () => {
    fc.assert(
      fc.property(
        fc.record({
          endpoint: fc.stringMatching(/^[\w.-]{1,30}$/),
          variant: fc.stringMatching(/^[\w.-]{1,30}$/),
          model: fc.string({ unit: "grapheme", minLength: 1 }).filter((text) => !text.includes("\n")),
          version: fc.option(fc.stringMatching(/^[1-9]\d{0,4}$/)),
          at: fc.integer({ min: 0, max: 2 ** 45 }),
        }),
        fc.uint8Array({ minLength: 16, maxLength: 16 }),
        (answered, random) => {
          const id = requestId(answered, random);
          expect(parseRequestId(id)).toEqual({ ...answered, id });
        },
      ),
    );
    expect(parseRequestId("made up")).toBeNull();
    expect(parseRequestId(`${"0".repeat(12)}7${"0".repeat(19)}.YQ`)).toBeNull();
  });

  it("tells a difference from chance", () => {
    // Conversions: 200 of 2000 against 260 of 2000.
    const share = (variant: string, p: number) => ({
      variant,
      metric: "bought",
      count: 2000,
      mean: p,
      variance: p * (1 - p),
    });
    const [bought] = compareOutcomes([share("champion", 0.1), share("canary", 0.13)], "champion");
    expect(bought?.difference).toBeCloseTo(0.03);
    // scipy.stats: z = 2.967, p = 0.0030
    expect(bought?.pValue).toBeCloseTo(0.003, 3);
    expect(bought?.interval?.[0]).toBeGreaterThan(0);
    const [even] = compareOutcomes([share("champion", 0.1), share("canary", 0.1)], "champion");
    expect(even?.pValue).toBe(1);
  });
});

describe("guardrails", () => {
  const seen = (failures: number, of: number, latency = 1) =>
    Array.from({ length: of }, (_, i) => ({ failed: i < failures, latency }));

  it("judges nothing by a few requests", () => {
    expect(brokenGuardrail({ max_error_rate: 0.01 }, seen(10, 49))).toBeNull();
    expect(brokenGuardrail({ max_error_rate: 0.01 }, seen(10, 50))).toContain("error rate 0.2000");
    expect(brokenGuardrail({ max_p99_ms: 5 }, seen(0, 100, 7))).toContain("p99 7.0 ms");
    expect(brokenGuardrail({ max_p99_ms: 5, max_error_rate: 0.5 }, seen(50, 100, 4))).toBeNull();
  });

  it("watches the canary, never the variant that one would go back to", () => {
    const endpoint = {
      name: "e",
      description: "",
      generation: 1,
      variants: [variant("champion", 90), variant("canary", 10)],
      guardrails: { max_error_rate: 0.1, min_requests: 10 },
      requestLog: null,
      createdAt: 0,
      updatedAt: 0,
    };
    const watch = new GuardrailWatch();
    const broken = (name: string) =>
      Array.from({ length: 20 }, () => watch.add(endpoint, name, { failed: true, latency: 1 })).find(
        (reason) => reason !== null,
      );
    expect(broken("champion")).toBeUndefined();
    expect(broken("canary")).toContain("error rate 1.0000 of the last 10 requests is above 0.1");
  });
});
