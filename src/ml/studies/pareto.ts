/** Comparison of trials with several directions: Deb, Pratap, Agarwal & Meyarivan, "NSGA-II", IEEE TEC 6 (2002). */

/** Whether losses `a` are nowhere worse than `b` and somewhere better. */
export function dominates(a: readonly number[], b: readonly number[]): boolean {
  let better = false;
  for (let k = 0; k < a.length; k++) {
    const [left, right] = [a[k] as number, b[k] as number];
    if (left > right) return false;
    if (left < right) better = true;
  }
  return better;
}

/** Positions by front: those that nothing dominates, those that only the first front dominates, and so on. */
export function paretoFronts(losses: readonly (readonly number[])[]): number[][] {
  const dominated: number[][] = losses.map(() => []);
  const above = new Int32Array(losses.length);
  for (let i = 0; i < losses.length; i++) {
    for (let j = i + 1; j < losses.length; j++) {
      const [a, b] = [losses[i] as readonly number[], losses[j] as readonly number[]];
      const [winner, loser] = dominates(a, b) ? [i, j] : dominates(b, a) ? [j, i] : [-1, -1];
      if (winner === -1) continue;
      dominated[winner]?.push(loser);
      above[loser] = (above[loser] as number) + 1;
    }
  }
  const fronts: number[][] = [];
  let front = losses.flatMap((_, i) => (above[i] === 0 ? [i] : []));
  while (front.length > 0) {
    fronts.push(front);
    const next: number[] = [];
    for (const i of front)
      for (const j of dominated[i] as number[]) {
        above[j] = (above[j] as number) - 1;
        if (above[j] === 0) next.push(j);
      }
    front = next.sort((a, b) => a - b);
  }
  return fronts;
}

/** How far the neighbours of each are, summed over the directions; the ends of a front are infinitely far. */
export function crowdingDistances(losses: readonly (readonly number[])[]): Float64Array {
  const distances = new Float64Array(losses.length);
  const directions = losses[0]?.length ?? 0;
  for (let k = 0; k < directions; k++) {
    const valueAt = (i: number): number => (losses[i] as readonly number[])[k] as number;
    const order = losses.map((_, i) => i).sort((a, b) => valueAt(a) - valueAt(b) || a - b);
    const [first, last] = [order[0] as number, order.at(-1) as number];
    distances[first] = Number.POSITIVE_INFINITY;
    distances[last] = Number.POSITIVE_INFINITY;
    const width = valueAt(last) - valueAt(first);
    if (!(width > 0) || !Number.isFinite(width)) continue;
    for (let at = 1; at < order.length - 1; at++) {
      const gap = valueAt(order[at + 1] as number) - valueAt(order[at - 1] as number);
      const i = order[at] as number;
      distances[i] = (distances[i] as number) + gap / width;
    }
  }
  return distances;
}

/** Positions from best to worst: by front, and within a front the less crowded first. */
export function rankByDominance(losses: readonly (readonly number[])[]): number[] {
  return paretoFronts(losses).flatMap((front) => {
    const distances = crowdingDistances(front.map((i) => losses[i] as readonly number[]));
    const order = front.map((_, at) => at);
    order.sort((a, b) => (distances[b] as number) - (distances[a] as number) || a - b);
    return order.map((at) => front[at] as number);
  });
}
