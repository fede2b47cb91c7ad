/**
 * Minimisation of a smooth function without bounds by L-BFGS: Liu & Nocedal, "On the limited memory BFGS method",
 * Mathematical Programming 45 (1989), with the stopping rules, first step and memory of SciPy's `L-BFGS-B`.
 */
import { lineSearch } from "./line-search.ts";

export interface LbfgsOptions {
  /** Stops when no component of the gradient is larger. */
  gtol: number;
  /** Stops when one iteration lowers the value by no more than this, relative to max(|f|, 1). */
  ftol: number;
  maxIter: number;
  /** Pairs of steps and gradient changes that are remembered. */
  memory: number;
  maxLineSearch: number;
}

export interface LbfgsResult {
  x: Float64Array;
  value: number;
  iterations: number;
  /** False when the iterations ran out or no step made progress. */
  converged: boolean;
}

/** `objective` returns the value at `x` and writes the gradient to its second argument. */
export type Objective = (x: Float64Array, gradient: Float64Array) => number;

export function minimize(objective: Objective, start: Float64Array, options: LbfgsOptions): LbfgsResult {
  const x = Float64Array.from(start);
  const gradient = new Float64Array(x.length);
  const history = new History(options.memory);
  let value = objective(x, gradient);
  for (let iteration = 0; ; ) {
    if (largest(gradient) <= options.gtol) return { x, value, iterations: iteration, converged: true };
    if (iteration >= options.maxIter) return { x, value, iterations: iteration, converged: false };
    const direction = history.direction(gradient);
    const slope = dot(gradient, direction);
    const from = Float64Array.from(x);
    const gradientBefore = Float64Array.from(gradient);
    const first = history.empty ? Math.min(1 / Math.sqrt(dot(direction, direction)), 1e10) : 1;
    const found =
      slope < 0
        ? lineSearch(
            (step) => {
              for (let i = 0; i < x.length; i++) x[i] = (from[i] as number) + step * (direction[i] as number);
              const there = objective(x, gradient);
              return { value: there, slope: dot(gradient, direction) };
            },
            { value, slope },
            iteration === 0 ? first : 1,
            { ftol: 1e-3, gtol: 0.9, xtol: 0.1, maxStep: 1e10, maxEvaluations: options.maxLineSearch },
          )
        : null;
    if (found === null || !found.converged) {
      x.set(from);
      gradient.set(gradientBefore);
      if (history.empty) return { x, value, iterations: iteration, converged: false };
      // The remembered curvature misleads: forget it and go along the gradient once more.
      history.clear();
      continue;
    }
    iteration++;
    const before = value;
    value = found.value;
    if (largest(gradient) <= options.gtol) return { x, value, iterations: iteration, converged: true };
    const scale = Math.max(Math.abs(before), Math.abs(value), 1);
    if (before - value <= options.ftol * scale) return { x, value, iterations: iteration, converged: true };
    history.add(found.step, direction, gradient, gradientBefore, slope, found.slope);
  }
}

/** The last steps and gradient changes: the inverse Hessian that the two-loop recursion applies. */
class History {
  readonly #memory: number;
  readonly #steps: Float64Array[] = [];
  readonly #changes: Float64Array[] = [];
  readonly #rho: number[] = [];
  #theta = 1;

  constructor(memory: number) {
    this.#memory = memory;
  }

  get empty(): boolean {
    return this.#rho.length === 0;
  }

  clear(): void {
    this.#steps.length = 0;
    this.#changes.length = 0;
    this.#rho.length = 0;
    this.#theta = 1;
  }

  /** Pairs without enough curvature would make the matrix indefinite and are left out. */
  add(
    step: number,
    direction: Float64Array,
    after: Float64Array,
    before: Float64Array,
    from: number,
    to: number,
  ): void {
    const curvature = (to - from) * step;
    if (curvature <= Number.EPSILON * (-from * step)) return;
    const change = after.map((value, i) => value - (before[i] as number));
    this.#steps.push(direction.map((value) => value * step));
    this.#changes.push(change);
    this.#rho.push(1 / curvature);
    this.#theta = dot(change, change) / curvature;
    if (this.#rho.length <= this.#memory) return;
    this.#steps.shift();
    this.#changes.shift();
    this.#rho.shift();
  }

  /** −H·g: Nocedal & Wright, Numerical Optimization (2006), algorithm 7.4. */
  direction(gradient: Float64Array): Float64Array {
    const q = gradient.map((value) => -value);
    const alpha = new Float64Array(this.#rho.length);
    for (let k = alpha.length - 1; k >= 0; k--) {
      alpha[k] = (this.#rho[k] as number) * dot(this.#steps[k] as Float64Array, q);
      addScaled(q, this.#changes[k] as Float64Array, -(alpha[k] as number));
    }
    for (let i = 0; i < q.length; i++) (q[i] as number) /= this.#theta;
    for (let k = 0; k < alpha.length; k++) {
      const beta = (this.#rho[k] as number) * dot(this.#changes[k] as Float64Array, q);
      addScaled(q, this.#steps[k] as Float64Array, (alpha[k] as number) - beta);
    }
    return q;
  }
}

function dot(a: Float64Array, b: Float64Array): number {
  let sum = 0;
  for (let i = 0; i < a.length; i++) sum += (a[i] as number) * (b[i] as number);
  return sum;
}

function addScaled(target: Float64Array, addend: Float64Array, factor: number): void {
  for (let i = 0; i < target.length; i++) (target[i] as number) += factor * (addend[i] as number);
}

function largest(values: Float64Array): number {
  let size = 0;
  for (const value of values) size = Math.max(size, Math.abs(value));
  return size;
}
