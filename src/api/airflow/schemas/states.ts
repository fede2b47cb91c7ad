/** Airflow's words for states and kinds of runs. */
import { z } from "zod";
import { dagRunStates, runTypes, taskInstanceStates, triggeredByValues } from "../../../core/states.ts";

export const DagRunState = z.enum(dagRunStates).meta({ id: "DagRunState" });
export const TaskInstanceState = z.enum(taskInstanceStates).meta({ id: "TaskInstanceState" });
export const DagRunMutableStates = z
  .enum(["queued", "success", "failed"])
  .meta({ id: "DagRunMutableStates" });
export const DagRunTriggeredByType = z.enum(triggeredByValues).meta({ id: "DagRunTriggeredByType" });
/** `operator_triggered` is Airflow's word for runs that another task started; here they are `manual`. */
export const DagRunType = z.enum([...runTypes, "operator_triggered"]).meta({ id: "DagRunType" });
