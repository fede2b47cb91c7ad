/** Waits until a function says so; the form of `dag.sensor` as an operator. */
import type { TaskContext } from "../context.ts";
import { defineSensor } from "../operator.ts";
import { option } from "../options.ts";
import type { PokeAnswer } from "../task.ts";

export interface FunctionSensorOptions {
  /** True, or `{ isDone: true, value }`, ends the wait. */
  readonly condition: (context: TaskContext) => PokeAnswer<unknown> | Promise<PokeAnswer<unknown>>;
}

/** Airflow's PythonSensor. */
export const FunctionSensor = defineSensor<FunctionSensorOptions, unknown>({
  name: "FunctionSensor",
  options: { condition: option.function({ required: true }) },
  poke: ({ condition }, context) => condition(context),
});
