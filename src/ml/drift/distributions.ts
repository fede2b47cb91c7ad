/** Tails of the distributions that the tests of drift need. */
import { erfc } from "../studies/normal.ts";

/** ln Γ(x) for x over 0: Lanczos's approximation, g = 7, nine terms; relative error below 1e-13. */
export function logGamma(x: number): number {
  const c = [
    0.9999999999998099, 676.5203681218851, -1259.1392167224028, 771.3234287776531, -176.6150291621406,
    12.507343278686905, -0.13857109526572012, 9.984369578019572e-6, 1.5056327351493116e-7,
  ];
  if (x < 0.5) return Math.log(Math.PI / Math.sin(Math.PI * x)) - logGamma(1 - x);
  const t = x + 6.5;
  const sum = c.slice(1).reduce((total, value, i) => total + value / (x + i), c[0]);
  return 0.5 * Math.log(2 * Math.PI) + (x - 0.5) * Math.log(t) - t + Math.log(sum);
}

/** P(X > x) of the chi-squared distribution: the upper incomplete gamma function (Numerical Recipes, §6.2). */
export function chiSquaredTail(x: number, degrees: number): number {
  if (!(x > 0)) return x === 0 ? 1 : Number.NaN;
  const a = degrees / 2;
  const z = x / 2;
  const scale = Math.exp(-z + a * Math.log(z) - logGamma(a));
  if (z < a + 1) {
    let term = 1 / a;
    let sum = term;
    for (let n = 1; n < 10_000 && Math.abs(term) > Math.abs(sum) * 1e-16; n++) {
      term *= z / (a + n);
      sum += term;
    }
    return 1 - sum * scale;
  }
  return (
    scale *
    continuedFraction(
      (n) => -n * (n - a),
      (n) => z + 2 * n + 1 - a,
    )
  );
}

/** 1 / (b₀ + a₁ / (b₁ + …)) by Lentz's method. */
function continuedFraction(a: (n: number) => number, b: (n: number) => number): number {
  const tiny = 1e-300;
  let c = 1 / tiny;
  let d = 1 / b(0);
  let h = d;
  for (let n = 1; n < 10_000; n++) {
    d = a(n) * d + b(n);
    d = 1 / (Math.abs(d) < tiny ? tiny : d);
    c = b(n) + a(n) / c;
    if (Math.abs(c) < tiny) c = tiny;
    const delta = d * c;
    h *= delta;
    if (Math.abs(delta - 1) < 1e-16) break;
  }
  return h;
}

/** P(|T| > |t|) of Student's distribution: the incomplete beta function (Numerical Recipes, §6.4). */
export function studentTwoSided(t: number, degrees: number): number {
  return incompleteBeta(degrees / (degrees + t * t), degrees / 2, 0.5);
}

function incompleteBeta(x: number, a: number, b: number): number {
  if (x <= 0) return 0;
  if (x >= 1) return 1;
  const front = Math.exp(logGamma(a + b) - logGamma(a) - logGamma(b) + a * Math.log(x) + b * Math.log(1 - x));
  if (x >= (a + 1) / (a + b + 2)) return 1 - incompleteBeta(1 - x, b, a);
  const coefficient = (n: number): number => {
    const m = Math.floor(n / 2);
    return n % 2 === 0
      ? (m * (b - m) * x) / ((a + 2 * m - 1) * (a + 2 * m))
      : (-(a + m) * (a + b + m) * x) / ((a + 2 * m) * (a + 2 * m + 1));
  };
  // The fraction 1 + d₁ / (1 + d₂ / (1 + …)), upside down.
  return (front * continuedFraction(coefficient, () => 1)) / a;
}

/** P(|Z| > |z|) of the standard normal distribution. */
export function normalTwoSided(z: number): number {
  return erfc(Math.abs(z) * Math.SQRT1_2);
}

/** P of Kolmogorov's distribution beyond x: 2 Σ (−1)^(k−1) e^(−2 k² x²). */
export function kolmogorovTail(x: number): number {
  if (x < 0.2) return 1;
  let sum = 0;
  for (let k = 1; k < 101; k++) sum += (k % 2 === 1 ? 2 : -2) * Math.exp(-2 * k * k * x * x);
  return Math.min(1, Math.max(0, sum));
}
