/**
 * A step along a descent direction that satisfies the strong Wolfe conditions: the search of Moré and Thuente,
 * "Line Search Algorithms with Guaranteed Sufficient Decrease", ACM TOMS 20 (1994), with the constants of MINPACK-2's
 * `dcsrch` and `dcstep`. Taking the same steps as SciPy is what makes coefficients equal to its own.
 */

export interface LineSearchPoint {
  step: number;
  value: number;
  /** Derivative along the direction. */
  slope: number;
}

export interface LineSearchOptions {
  /** Sufficient decrease. */
  ftol: number;
  /** Curvature. */
  gtol: number;
  /** Relative width of the bracket at which the search gives up. */
  xtol: number;
  maxStep: number;
  maxEvaluations: number;
}

interface Bracket {
  best: LineSearchPoint;
  other: LineSearchPoint;
  bracketed: boolean;
}

/**
 * Evaluates `at` at trial steps until one satisfies the conditions. `start` is the point at step 0; its slope is
 * negative. Returns the last point evaluated and whether the conditions hold there.
 */
export function lineSearch(
  at: (step: number) => { value: number; slope: number },
  start: { value: number; slope: number },
  firstStep: number,
  options: LineSearchOptions,
): LineSearchPoint & { converged: boolean } {
  const decrease = options.ftol * start.slope;
  const origin = { step: 0, value: start.value, slope: start.slope };
  let bracket: Bracket = { best: origin, other: origin, bracketed: false };
  let lowest = 0;
  let highest = firstStep + 4 * firstStep;
  let width = options.maxStep;
  let widthBefore = 2 * width;
  let firstStage = true;
  let step = firstStep;
  for (let evaluation = 1; ; evaluation++) {
    const trial = { step, ...at(step) };
    const target = start.value + step * decrease;
    if (firstStage && trial.value <= target && trial.slope >= 0) firstStage = false;
    if (trial.value <= target && Math.abs(trial.slope) <= options.gtol * -start.slope) {
      return { ...trial, converged: true };
    }
    const stuck =
      bracket.bracketed && (step <= lowest || step >= highest || highest - lowest <= options.xtol * highest);
    const atLimit = step === options.maxStep && trial.value <= target && trial.slope <= decrease;
    if (stuck || atLimit || evaluation >= options.maxEvaluations) {
      return { ...trial, converged: stuck || atLimit };
    }

    const modified = firstStage && trial.value <= bracket.best.value && trial.value > target;
    const next = modified
      ? withoutSlope(
          nextStep(withSlope(bracket, -decrease), shift(trial, -decrease), lowest, highest),
          decrease,
        )
      : nextStep(bracket, trial, lowest, highest);
    bracket = next.bracket;
    step = next.step;
    const { best, other } = bracket;
    if (bracket.bracketed) {
      if (Math.abs(other.step - best.step) >= 0.66 * widthBefore)
        step = best.step + 0.5 * (other.step - best.step);
      widthBefore = width;
      width = Math.abs(other.step - best.step);
      lowest = Math.min(best.step, other.step);
      highest = Math.max(best.step, other.step);
    } else {
      lowest = step + 1.1 * (step - best.step);
      highest = step + 4 * (step - best.step);
    }
    step = clamp(step, 0, options.maxStep);
    const exhausted = step <= lowest || step >= highest || highest - lowest <= options.xtol * highest;
    if (bracket.bracketed && exhausted) step = best.step;
  }
}

/** The function plus a line of the given slope, as the first stage of the search looks at it. */
function shift(point: LineSearchPoint, slope: number): LineSearchPoint {
  return { step: point.step, value: point.value + point.step * slope, slope: point.slope + slope };
}

function withSlope(bracket: Bracket, slope: number): Bracket {
  return { ...bracket, best: shift(bracket.best, slope), other: shift(bracket.other, slope) };
}

function withoutSlope(
  next: { bracket: Bracket; step: number },
  slope: number,
): { bracket: Bracket; step: number } {
  return { bracket: withSlope(next.bracket, slope), step: next.step };
}

/** One safeguarded step of `dcstep`: the trial narrows the bracket, and interpolation gives the next trial. */
function nextStep(
  { best, other, bracketed }: Bracket,
  trial: LineSearchPoint,
  lowest: number,
  highest: number,
): { bracket: Bracket; step: number } {
  const opposite = Math.sign(trial.slope) * Math.sign(best.slope) < 0;
  const secant = trial.step + (trial.slope / (trial.slope - best.slope)) * (best.step - trial.step);
  let step: number;
  let closed = bracketed;
  if (trial.value > best.value) {
    // A higher value: the minimum lies between. Cubic if closer to the best step, else between it and the quadratic.
    const cubic = cubicMinimum(best, trial, trial.step < best.step);
    const rise = (best.value - trial.value) / (trial.step - best.step) + best.slope;
    const quadratic = best.step + (best.slope / rise / 2) * (trial.step - best.step);
    const nearer = Math.abs(cubic - best.step) <= Math.abs(quadratic - best.step);
    step = nearer ? cubic : cubic + (quadratic - cubic) / 2;
    closed = true;
  } else if (opposite) {
    // A lower value and a slope of the other sign: the farther of cubic and secant.
    const cubic = cubicMinimum(trial, best, trial.step > best.step);
    step = Math.abs(cubic - trial.step) > Math.abs(secant - trial.step) ? cubic : secant;
    closed = true;
  } else if (Math.abs(trial.slope) < Math.abs(best.slope)) {
    step = extrapolate(best, other, trial, secant, bracketed, lowest, highest);
  } else if (bracketed) {
    step = cubicMinimum(trial, other, trial.step > other.step);
  } else {
    step = trial.step > best.step ? highest : lowest;
  }
  if (trial.value > best.value) return { bracket: { best, other: trial, bracketed: closed }, step };
  return { bracket: { best: trial, other: opposite ? best : other, bracketed: closed }, step };
}

/** A lower value and a shrinking slope of the same sign: the cubic only where it turns up beyond the trial. */
function extrapolate(
  best: LineSearchPoint,
  other: LineSearchPoint,
  trial: LineSearchPoint,
  secant: number,
  bracketed: boolean,
  lowest: number,
  highest: number,
): number {
  const { theta, scale } = cubicTerms(best, trial);
  const root =
    scale * Math.sqrt(Math.max(0, (theta / scale) ** 2 - (best.slope / scale) * (trial.slope / scale)));
  const gamma = trial.step > best.step ? -root : root;
  const ratio = (gamma - trial.slope + theta) / (gamma + (best.slope - trial.slope) + gamma);
  const turnsUp = ratio < 0 && gamma !== 0;
  const limit = trial.step > best.step ? highest : lowest;
  const cubic = turnsUp ? trial.step + ratio * (best.step - trial.step) : limit;
  const cubicNearer = Math.abs(cubic - trial.step) < Math.abs(secant - trial.step);
  if (!bracketed) {
    const farther = Math.abs(cubic - trial.step) > Math.abs(secant - trial.step) ? cubic : secant;
    return clamp(farther, lowest, highest);
  }
  const step = cubicNearer ? cubic : secant;
  const bound = trial.step + 0.66 * (other.step - trial.step);
  return trial.step > best.step ? Math.min(bound, step) : Math.max(bound, step);
}

/** Minimum of the cubic through values and slopes of two points, as an offset from `from`. */
function cubicMinimum(from: LineSearchPoint, to: LineSearchPoint, negative: boolean): number {
  const { theta, scale } = cubicTerms(from, to);
  const root = scale * Math.sqrt((theta / scale) ** 2 - (from.slope / scale) * (to.slope / scale));
  const gamma = negative ? -root : root;
  const ratio = (gamma - from.slope + theta) / (gamma - from.slope + gamma + to.slope);
  return from.step + ratio * (to.step - from.step);
}

function cubicTerms(from: LineSearchPoint, to: LineSearchPoint): { theta: number; scale: number } {
  const theta = (3 * (from.value - to.value)) / (to.step - from.step) + from.slope + to.slope;
  return { theta, scale: Math.max(Math.abs(theta), Math.abs(from.slope), Math.abs(to.slope)) };
}

function clamp(value: number, low: number, high: number): number {
  return Math.min(high, Math.max(low, value));
}
