/** What the planner thinks of a statement, where a list chooses between two ways by it. */
import type { Executor } from "./connect.ts";
import type { Statement } from "./sql.ts";
import { sql } from "./sql.ts";

interface ExplainedPlan {
  readonly "QUERY PLAN": readonly {
    readonly Plan: { readonly "Total Cost": number; readonly "Plan Rows": number };
  }[];
}

export async function planOf(
  executor: Executor,
  statement: Statement,
): Promise<{ cost: number; rows: number }> {
  const row = await executor.row<ExplainedPlan>(sql`EXPLAIN (FORMAT JSON) ${statement}`);
  const plan = row?.["QUERY PLAN"][0]?.Plan;
  return { cost: plan?.["Total Cost"] ?? 0, rows: plan?.["Plan Rows"] ?? 0 };
}
