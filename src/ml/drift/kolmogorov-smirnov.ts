/**
 * The two-sample Kolmogorov–Smirnov test, two-sided: exact up to 10 000 values by counting lattice paths (Hodges, Arkiv för
 * Matematik 3 (1958)), beyond by the limiting distribution, as SciPy chooses.
 */
import { kolmogorovTail } from "./distributions.ts";

/** The p-value. Both samples are sorted. */
export function kolmogorovSmirnov(a: Float64Array, b: Float64Array): number {
  const [n, m] = [a.length, b.length];
  const divisor = greatestDivisor(n, m);
  const multiple = (n / divisor) * m;
  const steps = Math.round(largestGap(a, b) * multiple);
  if (steps === 0) return 1;
  if (Math.max(n, m) > 10_000) return kolmogorovTail(Math.sqrt((n * m) / (n + m)) * (steps / multiple));
  const p = n === m ? outsideSquare(n, steps) : outsideRectangle(n, m, divisor, steps);
  return Math.min(1, Math.max(0, p));
}

function largestGap(a: Float64Array, b: Float64Array): number {
  let [i, j, gap] = [0, 0, 0];
  while (i < a.length && j < b.length) {
    const value = Math.min(a[i], b[j]);
    while (i < a.length && a[i] <= value) i++;
    while (j < b.length && b[j] <= value) j++;
    gap = Math.max(gap, Math.abs(i / a.length - j / b.length));
  }
  return gap;
}

function greatestDivisor(a: number, b: number): number {
  return b === 0 ? a : greatestDivisor(b, a % b);
}

/** Share of the paths through an n × n square that come h or more away from the diagonal (reflection principle). */
function outsideSquare(n: number, h: number): number {
  let p = 0;
  for (let k = Math.floor(n / h); k >= 0; k--) {
    let term = 1;
    for (let j = 0; j < h; j++) term = ((n - k * h - j) * term) / (n + k * h + j + 1);
    p = term * (1 - p);
  }
  return 2 * p;
}

/** The same for an m × n rectangle: shares of paths that stay inside, column by column. */
function outsideRectangle(one: number, other: number, divisor: number, h: number): number {
  const [m, n] = [Math.max(one, other), Math.min(one, other)];
  const [mg, ng] = [m / divisor, n / divisor];
  let low = 0;
  let high = Math.min(Math.ceil(h / mg), n + 1);
  let length = high - low;
  const outside = new Float64Array(Math.min(2 * high + 2, n + 1)).fill(1);
  outside.fill(0, low, high);
  for (let i = 1; i <= m; i++) {
    const [before, lengthBefore] = [low, length];
    low = Math.min(Math.max(Math.floor((ng * i - h) / mg) + 1, 0), n);
    high = Math.min(Math.ceil((ng * i + h) / mg), n + 1);
    if (high <= low) return 1;
    let value = low === 0 ? 0 : 1;
    for (let at = 0; at < high - low; at++) {
      const j = at + low;
      value = (outside[at + low - before] * i + value * j) / (i + j);
      outside[at] = value;
    }
    length = high - low;
    if (lengthBefore > length) outside.fill(1, length, length + (lengthBefore - length));
  }
  return outside[high - low - 1];
}
