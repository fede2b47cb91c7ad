import { TradewindError } from "../errors.ts";
import { callSite } from "./call-site.ts";
import type { Dag } from "./dag.ts";
import { dagState } from "./dag.ts";
import { show } from "./options.ts";
import { announceDag } from "./registry.ts";

/**
 * The `Bundle` of Airflow's TypeScript SDK, for files that have one. Here a Dag is found by being made, so
 * `register` only takes in Dags with `autoRegister: false`, and `serve` has nothing to do.
 */
export class Bundle {
  register(...dags: readonly Dag[]): this {
    for (const dag of dags) {
      const state = dagState(dag);
      if (state === undefined) {
        throw new TradewindError("TW_HANDLER_INVALID", `a Bundle registers Dags, not ${show(dag)}`, {
          at: callSite(),
          hint: "handlers for tasks of a Python Dag need Airflow's own coordinator",
        });
      }
      if (dag.spec.autoRegister === false) announceDag(state);
    }
    return this;
  }

  async serve(): Promise<void> {}
}
