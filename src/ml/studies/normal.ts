/** The standard normal distribution: its cumulative function and quantiles. */

/**
 * Φ(x), by the rational approximation of the complementary error function in W. J. Cody, "Rational Chebyshev
 * Approximations for the Error Function", Math. Comp. 23 (1969); relative error below 1e-15.
 */
export function normalCdf(x: number): number {
  return 0.5 * erfc(-x * Math.SQRT1_2);
}

const small = {
  p: [3.1611237438705655, 113.86415415105016, 377.485237685302, 3209.3775891384694, 0.18577770618460315],
  q: [23.601290952344122, 244.02463793444417, 1282.6165260773723, 2844.236833439171],
};
const middle = {
  p: [
    0.5641884969886701, 8.883149794388377, 66.11919063714163, 298.6351381974001, 881.952221241769,
    1712.0476126340707, 2051.0783778260716, 1230.3393547979972, 2.1531153547440383e-8,
  ],
  q: [
    15.744926110709835, 117.6939508913125, 537.1811018620099, 1621.3895745666903, 3290.7992357334597,
    4362.619090143247, 3439.3676741437216, 1230.3393548037495,
  ],
};
const large = {
  p: [
    0.30532663496123236, 0.36034489994980445, 0.12578172611122926, 0.016083785148742275,
    0.0006587491615298378, 0.016315387137302097,
  ],
  q: [2.568520192289822, 1.8729528499234673, 0.5279051029514285, 0.06051834131244132, 0.0023352049762686918],
};

/** Σ in Cody's order: the last of `p` leads, the others follow. */
function ratio(p: readonly number[], q: readonly number[], x: number): number {
  let above = (p.at(-1) as number) * x;
  let below = x;
  for (let i = 0; i < q.length - 1; i++) {
    above = (above + (p[i] as number)) * x;
    below = (below + (q[i] as number)) * x;
  }
  return (above + (p[q.length - 1] as number)) / (below + (q[q.length - 1] as number));
}

export function erfc(x: number): number {
  const y = Math.abs(x);
  if (y <= 0.46875) return 1 - x * ratio(small.p, small.q, y * y);
  let result: number;
  if (y <= 4) result = ratio(middle.p, middle.q, y);
  else {
    const inverse = 1 / (y * y);
    result = (1 / Math.sqrt(Math.PI) - inverse * ratio(large.p, large.q, inverse)) / y;
  }
  const rounded = Math.trunc(y * 16) / 16;
  result *= Math.exp(-rounded * rounded) * Math.exp(-(y - rounded) * (y + rounded));
  return x < 0 ? 2 - result : result;
}

/** Φ⁻¹(p) by P. J. Acklam's rational approximation with one step of Halley's method. */
export function normalQuantile(p: number): number {
  if (p <= 0) return Number.NEGATIVE_INFINITY;
  if (p >= 1) return Number.POSITIVE_INFINITY;
  const x = approximateQuantile(p);
  const error = (normalCdf(x) - p) * Math.sqrt(2 * Math.PI) * Math.exp((x * x) / 2);
  return x - error / (1 + (x * error) / 2);
}

const a = [
  -39.69683028665376, 220.9460984245205, -275.9285104469687, 138.357751867269, -30.66479806614716,
  2.506628277459239,
];
const b = [
  -54.47609879822406, 161.5858368580409, -155.6989798598866, 66.80131188771972, -13.28068155288572, 1,
];
const c = [
  -0.007784894002430293, -0.3223964580411365, -2.400758277161838, -2.549732539343734, 4.374664141464968,
  2.938163982698783,
];
const d = [0.007784695709041462, 0.3224671290700398, 2.445134137142996, 3.754408661907416, 1];

const polynomial = (coefficients: readonly number[], x: number): number =>
  coefficients.reduce((sum, coefficient) => sum * x + coefficient, 0);

function approximateQuantile(p: number): number {
  const tail = 0.02425;
  if (p < tail) {
    const q = Math.sqrt(-2 * Math.log(p));
    return polynomial(c, q) / polynomial(d, q);
  }
  if (p > 1 - tail) return -approximateQuantile(1 - p);
  const q = p - 0.5;
  return (q * polynomial(a, q * q)) / polynomial(b, q * q);
}
