/**
 * What a Dag file imports: `import { Dag } from "tradewind"`.
 *
 * The call shapes of `Dag`, its tasks, `withArgList`, `getContext` and `getClient` are those of Airflow's
 * TypeScript SDK, so that a Dag file written for it runs here with its import line changed.
 */

export type { AssetSpec, Json, Json as JsonValue } from "./core/dag-model.ts";
export type { DagRunState, DagRunType, TaskInstanceState, TriggerRule, WeightRule } from "./core/states.ts";
export { TradewindError } from "./errors.ts";
export { HttpHook } from "./providers/http.ts";
export { PostgresHook } from "./providers/postgres.ts";
export { SmtpHook } from "./providers/smtp.ts";
export { type ArgList, withArgList } from "./sdk/arg-list.ts";
export type { InletEvents, OutletEvents, TriggeringAssetEvents } from "./sdk/asset-events.ts";
export {
  Asset,
  AssetAlias,
  AssetAll,
  AssetAny,
  type AssetLike,
  type AssetOptions,
  AssetRef,
  AssetWatcher,
} from "./sdk/assets.ts";
export { Bundle } from "./sdk/bundle.ts";
export { BaseNotifier, type CallbackLike } from "./sdk/callbacks.ts";
export {
  ConnectionNotFoundError,
  type ConnectionResult,
  type DagRunInfo,
  type GetXComOpts,
  getClient,
  getContext,
  NEVER_EXPIRE,
  type SetXComOpts,
  type TaskClient,
  type TaskContext,
  type TaskInstanceInfo,
  type TaskLogger,
  type TaskStateStore,
  VariableNotFoundError,
} from "./sdk/context.ts";
export type { Condition, ConditionElse, Switch, Switch as Branch } from "./sdk/control-flow.ts";
export { Dag } from "./sdk/dag.ts";
export type { DagOptions, DagOptions as DagSpec } from "./sdk/dag-options.ts";
export { DeadlineAlert, DeadlineReference } from "./sdk/deadlines.ts";
export type { Duration } from "./sdk/duration.ts";
export { chain, chainLinear, crossDownstream, Label } from "./sdk/edges.ts";
export type { GroupFactory, GroupInputs } from "./sdk/group-factory.ts";
export {
  HttpNotifier,
  type HttpNotifierOptions,
  type SlackNotifierOptions,
  SlackWebhookNotifier,
} from "./sdk/notifiers/http.ts";
export { SmtpNotifier, type SmtpNotifierOptions } from "./sdk/notifiers/smtp.ts";
export {
  defineOperator,
  defineSensor,
  type MappedOperatorInstance,
  type OperatorInstance,
  type OperatorKind,
  type SensorOptions,
} from "./sdk/operator.ts";
export { BashOperator, type BashOptions, BashSensor, type BashSensorOptions } from "./sdk/operators/bash.ts";
export {
  BranchDateTimeOperator,
  type BranchDateTimeOptions,
  BranchDayOfWeekOperator,
  type BranchDayOfWeekOptions,
  BranchOperator,
  type BranchOptions,
  LatestOnlyOperator,
  ShortCircuitOperator,
  type ShortCircuitOperatorOptions,
} from "./sdk/operators/branch.ts";
export { EmailOperator, type EmailOptions } from "./sdk/operators/email.ts";
export { EmptyOperator } from "./sdk/operators/empty.ts";
export { HttpOperator, type HttpOptions, HttpSensor, type HttpSensorOptions } from "./sdk/operators/http.ts";
export {
  BranchSQLOperator,
  type BranchSqlOptions,
  SQLExecuteQueryOperator,
  type SqlExecuteOptions,
  SqlSensor,
  type SqlSensorOptions,
} from "./sdk/operators/sql.ts";
export {
  SQLCheckOperator,
  SQLColumnCheckOperator,
  SQLTableCheckOperator,
  SQLValueCheckOperator,
  type SqlColumnCheckOptions,
  type SqlTableCheckOptions,
  type SqlValueCheckOptions,
} from "./sdk/operators/sql-checks.ts";
export { TriggerDagRunOperator, type TriggerDagRunOptions } from "./sdk/operators/trigger-dag-run.ts";
export { option } from "./sdk/options.ts";
export {
  BranchResult,
  DeferralFailedException,
  defer,
  FailException,
  FailException as AirflowFailException,
  reschedule,
  SensorTimeoutException,
  SkipException,
  SkipException as AirflowSkipException,
} from "./sdk/outcomes.ts";
export { Param, type ParamSchema } from "./sdk/params.ts";
export type { PythonTaskOptions } from "./sdk/python-task.ts";
export {
  ExternalTaskMarker,
  type ExternalTaskMarkerOptions,
  ExternalTaskSensor,
  type ExternalTaskSensorOptions,
} from "./sdk/sensors/external-task.ts";
export { FileSensor, type FileSensorOptions } from "./sdk/sensors/file.ts";
export { FunctionSensor, type FunctionSensorOptions } from "./sdk/sensors/function.ts";
export {
  DateTimeSensor,
  DateTimeSensorAsync,
  type DateTimeSensorOptions,
  DayOfWeekSensor,
  type DayOfWeekSensorOptions,
  TimeDeltaSensor,
  type TimeDeltaSensorOptions,
  TimeSensor,
  type TimeSensorOptions,
  WaitSensor,
  type WaitSensorOptions,
} from "./sdk/sensors/time.ts";
export type { Callback, PokeReturn, ResumeEvent } from "./sdk/task.ts";
export type { TaskFactory } from "./sdk/task-factory.ts";
export type { TaskGroupOptions } from "./sdk/task-group-options.ts";
export type { TaskOptions, TaskOptions as TaskSpec } from "./sdk/task-options.ts";
export {
  type BranchChoice,
  type SensorTaskOptions,
  TaskGroup,
  type TaskGroup as TaskGroupRef,
} from "./sdk/task-scope.ts";
export {
  assetOrTime,
  continuous,
  cronDataInterval,
  cronTrigger,
  deltaDataInterval,
  deltaTrigger,
  events,
  multipleCronTrigger,
  once,
  type Schedule,
  type Timetable,
} from "./sdk/timetables.ts";
export { defineTrigger, type TriggerContext, type TriggerKind } from "./sdk/trigger.ts";
export {
  DagStateTrigger,
  DateTimeTrigger,
  ExternalTaskTrigger,
  FileDeleteTrigger,
  FileTrigger,
  HttpTrigger,
  TimeDeltaTrigger,
} from "./sdk/triggers/index.ts";
export type { EdgeLabel, Node, TaskInput, TaskInputs, TaskRef, XComArg } from "./sdk/value-ref.ts";
