/**
 * W9: kills worker, scheduler (the main process of `tradewind standalone`) and database with SIGKILL at random moments
 * under load, and counts what was lost or done twice:
 *   node scripts/bootstrap.mjs bench/crash.ts [--kills 100] [--seed 1] [--keep]
 * A main process that is gone is started again at once, as a service manager does; worker and database are
 * Tradewind's own to replace. Exit code 1 when anything was lost or doubled.
 */
import { parseArgs } from "node:util";
import { type CrashResult, crashTest } from "./crash-test.ts";

const { values: flags } = parseArgs({
  options: {
    kills: { type: "string", default: "100" },
    seed: { type: "string", default: String(Date.now() % 1e6) },
    keep: { type: "boolean", default: false },
  },
});

const result: CrashResult = await crashTest({
  kills: Number(flags.kills),
  seed: Number(flags.seed),
  keepHome: flags.keep,
  say: (text) => console.error(text),
});
console.log(JSON.stringify(result, null, 1));
process.exit(result.problems.length > 0 ? 1 : 0);
