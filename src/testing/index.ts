/** `tradewind/testing`: Dags and tasks in unit tests, in memory and on a simulated clock. */
export type { TestConnection, TriggeredRun } from "./memory-world.ts";
export { SimulatedClock } from "./simulated-clock.ts";
export { testDag } from "./test-dag.ts";
export { type TaskTestResult, type TestTaskOptions, testTask } from "./test-task.ts";
export type { DagTestResult, Mock, TestAttempt, TestDagOptions, TestLog } from "./test-types.ts";
