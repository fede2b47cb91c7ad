/** Options of a Dag: Airflow's `DAG` arguments in camelCase, with Airflow's defaults. */
import { type DagRunType, runTypes } from "../core/states.ts";
import { type CallbackLike, isCallbackLike } from "./callbacks.ts";
import { DeadlineAlert } from "./deadlines.ts";
import type { Duration } from "./duration.ts";
import { isJinjaEnvironmentKwargs, type JinjaEnvironmentKwargs } from "./jinja-environment.ts";
import { type OptionTable, option } from "./options.ts";
import type { ParamsLike } from "./params.ts";
import { type TaskOptions } from "./task-options.ts";
import type { Schedule } from "./timetables.ts";

export interface DagOptions {
  readonly description?: string;
  /** Default null: only by hand, by another Dag or by the API. */
  readonly schedule?: Schedule;
  /** A string without an offset is a time of the Dag's zone. */
  readonly startDate?: Date | string;
  readonly endDate?: Date | string;
  /** Zone of the schedule and of dates without an offset. Default "UTC". */
  readonly timezone?: string;
  /** Whether runs that lie before now are made up for. Default false. */
  readonly catchup?: boolean;
  /** Options for every task, under the task's own. */
  readonly defaultArgs?: TaskOptions;
  /** Tasks of one run that may be active together. Default 16. */
  readonly maxActiveTasks?: number;
  /** Default 16. */
  readonly maxActiveRuns?: number;
  /** After so many failed runs in a row the Dag is paused; 0 never. Default 0. */
  readonly maxConsecutiveFailedDagRuns?: number;
  /** A run that takes longer fails. */
  readonly dagrunTimeout?: Duration;
  readonly deadline?: DeadlineAlert | readonly DeadlineAlert[];
  readonly onSuccessCallback?: CallbackLike;
  readonly onFailureCallback?: CallbackLike;
  readonly docMd?: string;
  readonly params?: ParamsLike;
  readonly accessControl?: { readonly [role: string]: readonly string[] };
  /** Default: as the configuration says. */
  readonly isPausedUponCreation?: boolean;
  readonly tags?: readonly string[];
  readonly ownerLinks?: { readonly [owner: string]: string };
  /** The first failure fails the run and skips what has not run. Default false. */
  readonly failFast?: boolean;
  readonly allowedRunTypes?: readonly DagRunType[];
  /** Default: the id. */
  readonly dagDisplayName?: string;
  /** Renders templates to values instead of text. Default false. */
  readonly renderTemplateAsNativeObj?: boolean;
  /** Folders, relative to the Dag file, in which templated files are looked for. */
  readonly templateSearchpath?: string | readonly string[];
  readonly userDefinedMacros?: { readonly [name: string]: unknown };
  readonly userDefinedFilters?: { readonly [name: string]: (...args: never[]) => unknown };
  /** How templates are read, and what an undefined name does. */
  readonly jinjaEnvironmentKwargs?: JinjaEnvironmentKwargs;
  /** Queue of the tasks that name none. */
  readonly queue?: string;
  /** False keeps the Dag out of the system: it can only be tested. Default true. */
  readonly autoRegister?: boolean;
  /** Of Airflow's SDK; runs here always keep the version of the code that they started with. */
  readonly disableBundleVersioning?: boolean;
}

const callback = option.that("a function, a notifier, or an array of them", isCallbackLike);

export const dagOptionRules: OptionTable<DagOptions> = {
  description: option.string(),
  // Read by `asTimetable`, whose messages say more.
  schedule: option.any(),
  startDate: option.date(),
  endDate: option.date(),
  timezone: option.nonEmpty(),
  catchup: option.boolean(),
  defaultArgs: option.object(),
  maxActiveTasks: option.integer({ min: 1 }),
  maxActiveRuns: option.integer({ min: 1 }),
  maxConsecutiveFailedDagRuns: option.integer({ min: 0 }),
  dagrunTimeout: option.duration(),
  deadline: option.that("a DeadlineAlert or an array of them", (value) =>
    [value].flat().every((item) => item instanceof DeadlineAlert),
  ),
  onSuccessCallback: callback,
  onFailureCallback: callback,
  docMd: option.string(),
  params: option.that(
    "an object of params or a schema",
    (value) => typeof value === "object" && value !== null,
  ),
  accessControl: option.object(),
  isPausedUponCreation: option.boolean(),
  tags: option.that(
    "an array of strings, each at most 100 characters long",
    (value) =>
      Array.isArray(value) &&
      value.every((tag) => typeof tag === "string" && tag !== "" && tag.length <= 100),
  ),
  ownerLinks: option.stringMap(),
  failFast: option.boolean(),
  allowedRunTypes: option.that(
    `an array of ${runTypes.map((type) => JSON.stringify(type)).join(", ")}`,
    (value) => Array.isArray(value) && value.every((type) => (runTypes as readonly unknown[]).includes(type)),
  ),
  dagDisplayName: option.string(),
  renderTemplateAsNativeObj: option.boolean(),
  templateSearchpath: option.that(
    "a folder or an array of folders",
    (value) => typeof value === "string" || option.strings().accepts(value),
  ),
  userDefinedMacros: option.object(),
  userDefinedFilters: option.object(),
  jinjaEnvironmentKwargs: option.that(
    'an object of trimBlocks, lstripBlocks, keepTrailingNewline (true or false) and undefined ("strict" or "default")',
    isJinjaEnvironmentKwargs,
  ),
  queue: option.nonEmpty(),
  autoRegister: option.boolean(),
  disableBundleVersioning: option.boolean(),
};

/** Names of Airflow 2 that 3 took away, and what to write. */
export const removedDagOptions: { readonly [name: string]: string } = {
  scheduleInterval: "schedule",
  timetable: "schedule",
  concurrency: "maxActiveTasks",
  failStop: "failFast",
  slaMissCallback: "deadline",
};
