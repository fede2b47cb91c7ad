/** A task that does nothing. */
import { defineOperator } from "../operator.ts";

/** Groups tasks, or joins them (Airflow's EmptyOperator): set to success without a process. */
export const EmptyOperator = defineOperator<object, undefined>({
  name: "EmptyOperator",
  options: {},
  empty: true,
  uiColor: "#e8f7e4",
  execute: () => undefined,
});
