/** Sharing 100 % between variants while one of them is moved. */

export interface Weighted {
  readonly name: string;
  readonly weight: number;
  readonly shadow: boolean;
}

export const sumOfWeights = (variants: readonly Weighted[]): number =>
  Number(variants.reduce((sum, { weight }) => sum + weight, 0).toFixed(4));

/**
 * One variant gets `weight`, from 0 to 100; the others share the rest as they did before, in whole percent. Where they
 * had nothing, the first of them gets it. Shadows have no part in it.
 */
export function share<V extends Weighted>(variants: readonly V[], name: string, weight: number): V[] {
  const others = variants.filter((one) => one.name !== name && !one.shadow);
  const moved = others.length === 0 ? 100 : weight;
  const before = sumOfWeights(others);
  const parts = others.map((one, place) => ({
    name: one.name,
    exact: before === 0 ? (place === 0 ? 100 - moved : 0) : ((100 - moved) * one.weight) / before,
  }));
  const given = new Map(parts.map((part) => [part.name, Math.floor(part.exact)]));
  let left = 100 - moved - [...given.values()].reduce((sum, value) => sum + value, 0);
  // What rounding left goes to those who lost most by it.
  for (const part of parts.sort((a, b) => (b.exact % 1) - (a.exact % 1))) {
    if (left <= 0) break;
    const more = Math.min(1, left);
    given.set(part.name, (given.get(part.name) ?? 0) + more);
    left -= more;
  }
  return variants.map((one) => {
    if (one.name === name) return { ...one, weight: moved };
    return one.shadow ? one : { ...one, weight: given.get(one.name) ?? 0 };
  });
}
