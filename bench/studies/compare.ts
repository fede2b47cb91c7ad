/**
 * Compares our samplers with Optuna's on five problems:
 *   node bench/studies/compare.ts [--sampler tpe] [--seeds 30] [--trials 50] [--python PATH] [problem …]
 * Prints the median of the best value after so many trials, ours and (with a Python that has Optuna) Optuna's with its
 * quartiles; the last line is JSON.
 */
import { execFileSync } from "node:child_process";
import { parseArgs } from "node:util";
import { createStudy, type SamplerKind } from "../../src/ml/index.ts";
import { type Problem, problems } from "./problems.ts";

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    sampler: { type: "string", default: "tpe" },
    seeds: { type: "string", default: "30" },
    // Budgets beyond it are left out.
    trials: { type: "string", default: "200" },
    python: { type: "string" },
  },
});
const sampler = values.sampler as SamplerKind;
const seeds = Number(values.seeds);
const budgetsOf = ({ budgets }: Problem): number[] =>
  budgets.filter((budget) => budget <= Number(values.trials));
const names = positionals.length > 0 ? positionals : Object.keys(problems);

/** Best value after each budget, one per seed. */
async function measure(problem: Problem): Promise<Record<number, number[]>> {
  const best: Record<number, number[]> = Object.fromEntries(budgetsOf(problem).map((budget) => [budget, []]));
  for (let seed = 0; seed < seeds; seed++) {
    const study = await createStudy({ space: problem.space, sampler, seed });
    await study.optimize(({ params }) => problem.evaluate(params), {
      nTrials: Math.max(...budgetsOf(problem)),
    });
    const results = (await study.trials()).map((trial) => trial.values?.[0] ?? Number.POSITIVE_INFINITY);
    for (const budget of budgetsOf(problem)) best[budget]?.push(Math.min(...results.slice(0, budget)));
  }
  return best;
}

function quantile(list: readonly number[], share: number): number {
  const sorted = [...list].sort((a, b) => a - b);
  const at = (sorted.length - 1) * share;
  const [low, high] = [sorted[Math.floor(at)] ?? Number.NaN, sorted[Math.ceil(at)] ?? Number.NaN];
  return low + (high - low) * (at % 1);
}

const peer =
  values.python === undefined
    ? null
    : JSON.parse(
        execFileSync(
          values.python,
          [new URL("peer.py", import.meta.url).pathname, sampler, String(seeds), ...names],
          { encoding: "utf8", stdio: ["ignore", "pipe", "ignore"] },
        ),
      );
const show = (value: number): string => value.toPrecision(4).padStart(10);
const rows: unknown[] = [];
console.log(`${"problem".padEnd(14)}trials      ours    Optuna   quartiles of Optuna's`);
const started = performance.now();
for (const name of names) {
  const problem = problems[name];
  if (problem === undefined)
    throw new Error(`no problem ${name}; there are ${Object.keys(problems).join(", ")}`);
  const ours = await measure(problem);
  for (const budget of budgetsOf(problem)) {
    const theirs: number[] = peer?.[name]?.[budget] ?? [];
    const median = quantile(ours[budget] ?? [], 0.5);
    const row = { name, budget, ours: median, optuna: quantile(theirs, 0.5), upper: quantile(theirs, 0.75) };
    rows.push(row);
    const quartiles = theirs.length === 0 ? "" : `${show(quantile(theirs, 0.25))} … ${show(row.upper)}`;
    console.log(
      `${name.padEnd(14)}${String(budget).padStart(6)}${show(median)}${show(row.optuna)}   ${quartiles}`,
    );
  }
}
const seconds = (performance.now() - started) / 1000;
console.log(
  JSON.stringify({ sampler, seeds, seconds, optuna: peer?.version, optunaSeconds: peer?.seconds, rows }),
);
