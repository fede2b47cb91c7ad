/** Which variant of an endpoint answers a request: by its weights, and for one key always the same. */
import { createHash } from "node:crypto";
import { TradewindError } from "../../errors.ts";

export interface Variant {
  readonly name: string;
  /** `models:/iris@champion`, `models:/iris/3`, or a folder. */
  readonly model: string;
  /** Percent of the requests; those of an endpoint add up to 100. A shadow variant has 0. */
  readonly weight: number;
  /** Asked beside the others; its answers are measured and thrown away. */
  readonly shadow: boolean;
}

/** @throws TradewindError TW_ENDPOINT_TRAFFIC when the variants cannot share the traffic. */
export function checkVariants(variants: readonly Variant[]): void {
  const names = new Set<string>();
  for (const { name, weight, shadow } of variants) {
    if (names.has(name)) throw wrong(`expected each variant once, got ${name} twice`);
    names.add(name);
    if (!(weight >= 0 && weight <= 100))
      throw wrong(`${name}: expected a weight from 0 to 100, got ${weight}`);
    if (shadow && weight !== 0) throw wrong(`${name}: expected weight 0 of a shadow variant, got ${weight}`);
  }
  const sum = variants.reduce((total, { weight }) => total + weight, 0);
  // Thirds cannot be written exactly.
  if (Math.abs(sum - 100) > 0.01)
    throw wrong(`expected weights that add up to 100, got ${Number(sum.toFixed(4))}`);
}

/**
 * @param point From 0 (included) to 1 (excluded): the key's, or a random number.
 */
export function chooseVariant(variants: readonly Variant[], point: number): Variant {
  let below = point * 100;
  let last: Variant | undefined;
  for (const variant of variants) {
    if (variant.weight === 0) continue;
    last = variant;
    below -= variant.weight;
    if (below < 0) return variant;
  }
  if (last === undefined) throw wrong("expected a variant with a weight above 0, got none");
  return last;
}

/**
 * A key's place in the traffic. Raising a canary's weight moves keys to it and none away from it, since the place of
 * a key does not depend on the weights. The salt keeps two endpoints from trying their canaries on the same people.
 * @returns from 0 (included) to 1 (excluded)
 */
export function pointOfKey(key: string, salt: string): number {
  const digest = createHash("sha256").update(`${salt}\u0000${key}`).digest();
  return digest.readUInt32BE(0) / 2 ** 32;
}

function wrong(message: string): TradewindError {
  return new TradewindError("TW_ENDPOINT_TRAFFIC", message);
}
