/** The problems on which samplers are compared; `peer.py` has the same ones. All are minimised. */
import { categorical, float, int, type ParamValues, type Space } from "../../src/ml/index.ts";

export interface Problem {
  readonly space: Space;
  readonly budgets: readonly number[];
  readonly evaluate: (params: ParamValues) => number;
}

const alpha = [1, 1.2, 3, 3.2];
const a = [
  [10, 3, 17, 3.5, 1.7, 8],
  [0.05, 10, 17, 0.1, 8, 14],
  [3, 3.5, 1.7, 10, 17, 8],
  [17, 8, 0.05, 10, 0.1, 14],
];
const p = [
  [1312, 1696, 5569, 124, 8283, 5886],
  [2329, 4135, 8307, 3736, 1004, 9991],
  [2348, 1451, 3522, 2883, 3047, 6650],
  [4047, 8828, 8732, 5743, 1091, 381],
];

function branin({ x, y }: ParamValues): number {
  const [u, v] = [Number(x), Number(y)];
  const wave = 10 * (1 - 1 / (8 * Math.PI)) * Math.cos(u);
  return (v - (5.1 * u * u) / (4 * Math.PI ** 2) + (5 * u) / Math.PI - 6) ** 2 + wave + 10;
}

function hartmann6(params: ParamValues): number {
  const x = Array.from({ length: 6 }, (_, j) => Number(params[`x${j}`]));
  return -alpha.reduce((sum, weight, i) => {
    const distance = x.reduce(
      (d, value, j) => d + (a[i]?.[j] ?? 0) * (value - (p[i]?.[j] ?? 0) * 1e-4) ** 2,
      0,
    );
    return sum + weight * Math.exp(-distance);
  }, 0);
}

function rosenbrock(params: ParamValues): number {
  const x = Object.keys(params)
    .sort()
    .map((name) => Number(params[name]));
  return x
    .slice(1)
    .reduce((sum, next, i) => sum + 100 * (next - (x[i] ?? 0) ** 2) ** 2 + (1 - (x[i] ?? 0)) ** 2, 0);
}

/** A model's settings: a rate on a logarithmic scale, depth, and options that exist for one kind only. */
function mixed(params: ParamValues): number {
  const rate = (Math.log10(Number(params["rate"])) + 2.5) ** 2 / 4;
  const depth = (Number(params["depth"]) - 7) ** 2 / 36;
  if (params["kind"] === "tree") return 0.2 + rate + depth + (Number(params["leaves"]) - 20) ** 2 / 900;
  if (params["kind"] === "net") return rate + depth + (Number(params["dropout"]) - 0.3) ** 2 * 4;
  return 0.5 + rate + depth;
}

const box = (names: readonly string[], low: number, high: number): Space =>
  Object.fromEntries(names.map((name) => [name, float(low, high)]));

export const problems: Readonly<Record<string, Problem>> = {
  branin: { space: { x: float(-5, 10), y: float(0, 15) }, budgets: [25, 50, 100], evaluate: branin },
  hartmann6: {
    space: box(["x0", "x1", "x2", "x3", "x4", "x5"], 0, 1),
    budgets: [25, 50, 100],
    evaluate: hartmann6,
  },
  rosenbrock2: { space: box(["x0", "x1"], -5, 10), budgets: [50, 100], evaluate: rosenbrock },
  rosenbrock5: {
    space: box(["x0", "x1", "x2", "x3", "x4"], -5, 10),
    budgets: [100, 200],
    evaluate: rosenbrock,
  },
  mixed: {
    space: {
      rate: float(1e-5, 1, { log: true }),
      depth: int(1, 12),
      kind: categorical(["tree", "net", "linear"]),
      leaves: int(2, 64, { log: true, when: { kind: ["tree"] } }),
      dropout: float(0, 0.9, { when: { kind: ["net"] } }),
    },
    budgets: [50, 100, 200],
    evaluate: mixed,
  },
};
