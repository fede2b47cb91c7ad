/** The built-in triggers, all registered by importing this. */
export { DagStateTrigger, ExternalTaskTrigger } from "./dag-state.ts";
export { FileDeleteTrigger, FileTrigger } from "./file.ts";
export { HttpTrigger } from "./http.ts";
export { DateTimeTrigger, TimeDeltaTrigger } from "./time.ts";
