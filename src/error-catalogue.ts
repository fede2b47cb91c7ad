/**
 * Every error that Tradewind reports on purpose. `docs/errors.md` lists the same codes; `tests/architecture.test.ts`
 * compares the two. After a change: `node scripts/draw-errors.ts`.
 */

import { modelErrors } from "./error-catalogue-models.ts";

export interface ErrorKind {
  /** What happened, in one sentence, for the catalogue. */
  readonly summary: string;
  /** Exit code of a command that ends with this error: 1 failed work, 2 wrong usage, 3 unavailable outside. */
  readonly exitCode: 1 | 2 | 3;
  /** Status that the HTTP API answers. */
  readonly httpStatus: number;
}

export const errorCatalogue = {
  // Settings.
  TW_CONFIG_FILE: { summary: "The configuration file cannot be read.", exitCode: 2, httpStatus: 500 },
  TW_CONFIG_UNKNOWN: {
    summary: "A section or key of the configuration does not exist.",
    exitCode: 2,
    httpStatus: 500,
  },
  TW_CONFIG_VALUE: {
    summary: "A setting has a value of another type or outside its bounds.",
    exitCode: 2,
    httpStatus: 500,
  },
  TW_RUN_DATE: { summary: "A run was asked for a date that it cannot have.", exitCode: 2, httpStatus: 422 },
  TW_RUN_TYPE: { summary: "A Dag does not allow runs of that type.", exitCode: 2, httpStatus: 422 },
  TW_TASK_NOT_FOUND: { summary: "The Dag has no such task.", exitCode: 1, httpStatus: 404 },
  TW_COMMAND_ABSENT: {
    summary: "A command of Airflow that Tradewind does not have.",
    exitCode: 2,
    httpStatus: 501,
  },
  TW_CONNECTION_TEST: {
    summary: "What a connection names did not answer when it was tested.",
    exitCode: 1,
    httpStatus: 502,
  },
  TW_JOB_NOT_ALIVE: { summary: "A component that was asked for is not alive.", exitCode: 1, httpStatus: 503 },
  TW_USAGE: {
    summary: "A command was called with a flag or argument that it cannot read.",
    exitCode: 2,
    httpStatus: 400,
  },
  TW_INTERNAL: { summary: "Something that cannot happen happened.", exitCode: 1, httpStatus: 500 },

  // Database
  TW_DATABASE_CONNECTIONS: { summary: "The database has no connection left.", exitCode: 3, httpStatus: 503 },
  TW_DATABASE_FULL: { summary: "The database's disk is full.", exitCode: 3, httpStatus: 503 },
  TW_DATABASE_LOGIN: {
    summary: "The database refused the user or the password.",
    exitCode: 3,
    httpStatus: 503,
  },
  TW_DATABASE_MISSING: { summary: "The server has no database of that name.", exitCode: 3, httpStatus: 503 },
  TW_DATABASE_NEWER: {
    summary: "The database was made by a newer version of Tradewind.",
    exitCode: 3,
    httpStatus: 503,
  },
  TW_DATABASE_NOT_EMPTY: {
    summary: "A database was expected to be empty and is not.",
    exitCode: 2,
    httpStatus: 409,
  },
  TW_DATABASE_NOT_MIGRATED: {
    summary: "The database lacks tables of this version.",
    exitCode: 3,
    httpStatus: 503,
  },
  TW_DATABASE_RANGE: {
    summary: "A number or a date is larger than can be stored.",
    exitCode: 2,
    httpStatus: 422,
  },
  TW_DATABASE_READ_ONLY: {
    summary: "The database can be read and not written.",
    exitCode: 3,
    httpStatus: 503,
  },
  TW_DATABASE_UNAVAILABLE: {
    summary: "The database cannot be reached, or its connection broke.",
    exitCode: 3,
    httpStatus: 503,
  },
  TW_DATABASE_URL: { summary: "The database's address cannot be read.", exitCode: 2, httpStatus: 500 },
  TW_DATABASE_VERSION: { summary: "The PostgreSQL server is too old.", exitCode: 3, httpStatus: 503 },
  TW_EMBEDDED_ACCOUNT: {
    summary: "There is no user to run the embedded PostgreSQL as.",
    exitCode: 3,
    httpStatus: 503,
  },
  TW_EMBEDDED_BINARIES: { summary: "No PostgreSQL binaries were found.", exitCode: 3, httpStatus: 503 },
  TW_EMBEDDED_FAILED: { summary: "The embedded PostgreSQL did not start.", exitCode: 3, httpStatus: 503 },
  TW_EMBEDDED_MAJOR: {
    summary: "The data folder belongs to another major version of PostgreSQL.",
    exitCode: 3,
    httpStatus: 503,
  },
  TW_HOME_IN_USE: { summary: "Another process runs on this home folder.", exitCode: 3, httpStatus: 503 },
  TW_HOME_NOT_WRITABLE: { summary: "The home folder cannot be written.", exitCode: 3, httpStatus: 503 },
  TW_MIGRATION_CHANGED: {
    summary: "A migration that was applied differs from the one of this version.",
    exitCode: 3,
    httpStatus: 503,
  },
  TW_MIGRATION_FAILED: { summary: "A migration failed and was rolled back.", exitCode: 3, httpStatus: 503 },

  // Store
  TW_ASSET_NOT_FOUND: { summary: "No asset has that name, URI or id.", exitCode: 1, httpStatus: 404 },
  TW_BACKFILL_EXISTS: { summary: "A backfill of the Dag is still running.", exitCode: 1, httpStatus: 409 },
  TW_BACKFILL_NOT_FOUND: { summary: "No backfill has that id.", exitCode: 1, httpStatus: 404 },
  TW_BACKUP_FORMAT: { summary: "A file is not a whole backup of Tradewind.", exitCode: 2, httpStatus: 400 },
  TW_CONNECTION_EXISTS: { summary: "A connection of that id exists already.", exitCode: 1, httpStatus: 409 },
  TW_CONNECTION_FORMAT: {
    summary: "A connection's URI or JSON cannot be read.",
    exitCode: 2,
    httpStatus: 400,
  },
  TW_CONNECTION_NOT_FOUND: { summary: "No connection has that id.", exitCode: 1, httpStatus: 404 },
  TW_DAG_HAS_RUNNING_TASKS: {
    summary: "A Dag or run cannot be deleted while its tasks run.",
    exitCode: 1,
    httpStatus: 409,
  },
  TW_DAG_NOT_FOUND: { summary: "No Dag has that id.", exitCode: 1, httpStatus: 404 },
  TW_DAG_RUN_EXISTS: {
    summary: "The Dag has a run of that id or logical date already.",
    exitCode: 1,
    httpStatus: 409,
  },
  TW_DAG_RUN_NOT_FOUND: { summary: "The Dag has no such run.", exitCode: 1, httpStatus: 404 },
  TW_FERNET: { summary: "A Fernet value or key of Airflow cannot be read.", exitCode: 2, httpStatus: 400 },
  TW_POOL_DEFAULT: { summary: "The default pool cannot be deleted.", exitCode: 2, httpStatus: 400 },
  TW_DAG_VERSION_NOT_FOUND: { summary: "The Dag has no such version.", exitCode: 1, httpStatus: 404 },
  TW_POOL_DEVICES: {
    summary: "A task takes more slots of a pool than the worker has devices for.",
    exitCode: 1,
    httpStatus: 422,
  },
  TW_POOL_NOT_FOUND: { summary: "No pool has that name.", exitCode: 1, httpStatus: 404 },
  TW_POOL_SLOTS: {
    summary: "A pool's slots are not a whole number from -1 on.",
    exitCode: 2,
    httpStatus: 400,
  },
  TW_SECRET_KEY: { summary: "The key file for secrets cannot be used.", exitCode: 3, httpStatus: 500 },
  TW_SECRET_SEALED: {
    summary: "A secret was sealed with a key that is not there.",
    exitCode: 3,
    httpStatus: 500,
  },
  TW_ROLE_EXISTS: { summary: "A role of that name exists already.", exitCode: 1, httpStatus: 409 },
  TW_ROLE_NOT_FOUND: { summary: "There is no role of that name.", exitCode: 1, httpStatus: 404 },
  TW_USER_EXISTS: { summary: "A user of that name or e-mail exists already.", exitCode: 1, httpStatus: 409 },
  TW_USER_NOT_FOUND: { summary: "No user has that name.", exitCode: 1, httpStatus: 404 },
  TW_VARIABLE_NOT_FOUND: { summary: "No variable has that key.", exitCode: 1, httpStatus: 404 },
  // Scheduler
  TW_RUN_REFUSED: { summary: "A run cannot be started as asked.", exitCode: 2, httpStatus: 422 },
  TW_SCHEDULER_STOPPED: {
    summary: "The scheduler ended or lost its session before it was done.",
    exitCode: 3,
    httpStatus: 503,
  },
  TW_STALE_MEMORY: {
    summary: "The scheduler's memory and the database differ; it reads again.",
    exitCode: 1,
    httpStatus: 500,
  },
  TW_XCOM_INSTANCE: {
    summary: "A task instance that asks for something runs no more.",
    exitCode: 1,
    httpStatus: 409,
  },
  // Schedules, runs, backfills
  TW_BACKFILL: { summary: "A backfill cannot be made as asked.", exitCode: 2, httpStatus: 422 },
  TW_CRON_NEVER_FIRES: {
    summary: "A cron expression has no date at which it fires.",
    exitCode: 2,
    httpStatus: 422,
  },
  TW_CRON_SYNTAX: { summary: "A cron expression is not one.", exitCode: 2, httpStatus: 422 },
  TW_RUN_ID: {
    summary: "A run id has characters or a length that are not allowed.",
    exitCode: 2,
    httpStatus: 422,
  },
  TW_TIMETABLE: { summary: "A schedule makes no sense.", exitCode: 2, httpStatus: 422 },
  TW_TIME_ZONE: { summary: "A time zone is not known.", exitCode: 2, httpStatus: 422 },
  // End of schedules
  // Dag files and their versions
  TW_PLUGIN: { summary: "A plugin of Airflow cannot be loaded.", exitCode: 1, httpStatus: 500 },
  TW_BUNDLE_CONFIG: { summary: "The list of Dag bundles cannot be read.", exitCode: 2, httpStatus: 500 },
  TW_BUNDLE_BUCKET: { summary: "A bundle's bucket cannot be read.", exitCode: 3, httpStatus: 502 },
  TW_GOOGLE_CREDENTIALS: {
    summary: "Google cannot be asked with the credentials that were given.",
    exitCode: 3,
    httpStatus: 502,
  },
  TW_BUNDLE_GIT: { summary: "A Git bundle cannot be fetched.", exitCode: 3, httpStatus: 502 },
  TW_CODE_MISSING: {
    summary: "The text of a Dag's version is not where it was kept.",
    exitCode: 1,
    httpStatus: 500,
  },
  TW_DAG_DUPLICATE_ID: { summary: "Two files define a Dag of the same id.", exitCode: 1, httpStatus: 409 },
  TW_DAG_FILE_CRASH: {
    summary: "The process that imported a Dag file died of it.",
    exitCode: 1,
    httpStatus: 500,
  },
  TW_DAG_FILE_EXIT: {
    summary: "A Dag file ended its process while it was imported.",
    exitCode: 1,
    httpStatus: 500,
  },
  TW_DAG_FILE_THROWS: { summary: "A Dag file threw while it was imported.", exitCode: 1, httpStatus: 500 },
  TW_DAG_FILE_TIMEOUT: { summary: "The import of a Dag file took too long.", exitCode: 1, httpStatus: 500 },
  TW_IMPORT_NOT_FOUND: {
    summary: "A module that a Dag file imports does not exist.",
    exitCode: 1,
    httpStatus: 500,
  },
  TW_SYNTAX: { summary: "A Dag file is not valid TypeScript or JavaScript.", exitCode: 1, httpStatus: 500 },
  // End of Dag files
  // Web page and APIs
  TW_API_CERTIFICATE: { summary: "The files for TLS cannot be used.", exitCode: 2, httpStatus: 500 },
  TW_API_OPEN: {
    summary: "The API would be open to everybody without a sign-in.",
    exitCode: 2,
    httpStatus: 500,
  },
  TW_API_PORT: {
    summary: "The port of the web page and the APIs cannot be opened.",
    exitCode: 3,
    httpStatus: 503,
  },
  TW_API_START: {
    summary: "The process that serves the web page did not start.",
    exitCode: 1,
    httpStatus: 503,
  },
  TW_OIDC_PROVIDER: { summary: "The OpenID provider cannot be asked.", exitCode: 3, httpStatus: 502 },
  // End of web page
  // Metrics and traces
  TW_METRICS_PORT: { summary: "The port for metrics cannot be opened.", exitCode: 3, httpStatus: 503 },
  TW_OPENLINEAGE_TRANSPORT: {
    summary: "The setting that says where OpenLineage events go cannot be used.",
    exitCode: 2,
    httpStatus: 500,
  },
  TW_TRACES_PACKAGES: {
    summary: "The optional packages that send traces are not installed.",
    exitCode: 2,
    httpStatus: 500,
  },
  // Executor, frames, workers, logs
  TW_ATTEMPT_LOST: {
    summary: "The process of a task attempt ended without a result.",
    exitCode: 1,
    httpStatus: 500,
  },
  TW_CALLBACK_LOST: {
    summary: "The worker that called a callback went away before its end was known.",
    exitCode: 3,
    httpStatus: 503,
  },
  TW_CALLBACK: { summary: "A callback of a Dag failed.", exitCode: 1, httpStatus: 500 },
  TW_CONNECTION_CLOSED: {
    summary: "The other side of a connection went away in the middle of something.",
    exitCode: 3,
    httpStatus: 503,
  },
  TW_EXECUTION_TIMEOUT: {
    summary: "A task ran longer than its execution timeout.",
    exitCode: 1,
    httpStatus: 500,
  },
  TW_FRAME_INVALID: {
    summary: "Bytes that are not a protocol frame came over a protocol stream.",
    exitCode: 1,
    httpStatus: 500,
  },
  TW_FRAME_TOO_LARGE: {
    summary: "A protocol message is larger than the limit of a frame.",
    exitCode: 1,
    httpStatus: 413,
  },
  TW_MEMORY_LIMIT: {
    summary: "The processes of a task used more memory than its limit.",
    exitCode: 1,
    httpStatus: 500,
  },
  TW_PROTOCOL: {
    summary: "A process spoke the protocol wrongly, or another version of it.",
    exitCode: 1,
    httpStatus: 500,
  },
  TW_RUN_AS_USER: {
    summary: "A task cannot be run as the user that it names.",
    exitCode: 1,
    httpStatus: 500,
  },
  TW_TASK_PROCESS: { summary: "The process of a task could not be started.", exitCode: 1, httpStatus: 500 },
  TW_WORKER_START: { summary: "A worker could not be started.", exitCode: 3, httpStatus: 503 },
  // End of executor
  // Core: Dags and decisions
  TW_DAG_CYCLE: {
    summary: "The tasks of a Dag depend on each other in a circle.",
    exitCode: 2,
    httpStatus: 422,
  },
  TW_DAG_MAPPING: {
    summary: "A task or group is expanded in a way that cannot be.",
    exitCode: 2,
    httpStatus: 422,
  },
  TW_DAG_TASK_TWICE: { summary: "A Dag defines a task id twice.", exitCode: 2, httpStatus: 422 },
  TW_DAG_UNKNOWN_TASK: { summary: "A Dag names a task that it does not have.", exitCode: 2, httpStatus: 422 },
  TW_MAP_VALUE: {
    summary: "A value cannot be expanded over: too long, or neither a list nor an object.",
    exitCode: 1,
    httpStatus: 422,
  },
  TW_STATE_TRANSITION: {
    summary: "A state may not follow the state that it was asked to replace.",
    exitCode: 1,
    httpStatus: 409,
  },
  // End of core
  // Authoring: what a Dag file is told when it is imported
  TW_ASSET_INVALID: {
    summary: "An asset, alias or asset expression is not valid.",
    exitCode: 2,
    httpStatus: 400,
  },
  TW_BRANCH_INVALID: {
    summary: "A condition or a switch is incomplete, or chose a task that it does not lead to.",
    exitCode: 2,
    httpStatus: 400,
  },
  TW_CONTEXT_MISSING: {
    summary: "getContext() or getClient() was called outside of a running task.",
    exitCode: 2,
    httpStatus: 400,
  },
  TW_CONTEXT_NO_LOGICAL_DATE: {
    summary: "A run without a logical date was asked for one.",
    exitCode: 1,
    httpStatus: 400,
  },
  TW_DAG_ID_TWICE: { summary: "A Dag id is used twice.", exitCode: 2, httpStatus: 409 },
  TW_DAG_OPTIONS: { summary: "The options of a Dag contradict each other.", exitCode: 2, httpStatus: 400 },
  TW_EDGE_INVALID: { summary: "An edge joins things that cannot be joined.", exitCode: 2, httpStatus: 400 },
  TW_HANDLER_INVALID: {
    summary: "A task has no function that could be its handler.",
    exitCode: 2,
    httpStatus: 400,
  },
  TW_ID_INVALID: {
    summary: "An id holds characters that ids may not have, or is too long.",
    exitCode: 2,
    httpStatus: 400,
  },
  TW_INPUT_INVALID: {
    summary: "The input of a task is neither a JSON value nor a reference to a task.",
    exitCode: 2,
    httpStatus: 400,
  },
  TW_OPTION_INVALID: { summary: "An option has a value that it cannot have.", exitCode: 2, httpStatus: 400 },
  TW_OPTION_MISSING: { summary: "An option that must be given is not there.", exitCode: 2, httpStatus: 400 },
  TW_OPTION_UNKNOWN: { summary: "An option is not known.", exitCode: 2, httpStatus: 400 },
  TW_PARAM_INVALID: {
    summary: "A param, or the value given for one, does not fit its schema.",
    exitCode: 2,
    httpStatus: 400,
  },
  TW_SCHEDULE_INVALID: { summary: "A schedule is not valid, or never fires.", exitCode: 2, httpStatus: 400 },
  TW_TASK_CALLED_TWICE: {
    summary: "The factory of a task was called more than once.",
    exitCode: 2,
    httpStatus: 400,
  },
  TW_TASK_UNCALLED: {
    summary: "A task was declared and never placed in its Dag.",
    exitCode: 2,
    httpStatus: 400,
  },
  TW_TEST_STUCK: { summary: "A Dag that was tested in memory never ended.", exitCode: 1, httpStatus: 400 },
  // End of authoring
  // Runtime, templates, operators, triggers
  TW_BASH_EXIT: { summary: "A shell command of a task ended with a failure.", exitCode: 1, httpStatus: 500 },
  TW_CHECK_FAILED: {
    summary: "A check of a task (SQL, HTTP response, external task) did not hold.",
    exitCode: 1,
    httpStatus: 500,
  },
  TW_CONNECTION_INVALID: {
    summary: "A connection lacks a field or has a wrong one for what it is used for.",
    exitCode: 1,
    httpStatus: 422,
  },
  TW_HTTP_STATUS: {
    summary: "An HTTP request of a task was answered with an error.",
    exitCode: 1,
    httpStatus: 502,
  },
  TW_MAIL: { summary: "A message could not be sent.", exitCode: 1, httpStatus: 502 },
  TW_TASK_CANCELLED: { summary: "A task attempt was told to end.", exitCode: 1, httpStatus: 409 },
  TW_TASK_NOT_IN_DAG: {
    summary: "The Dag file does not define the task that is to run.",
    exitCode: 1,
    httpStatus: 404,
  },
  TW_TEMPLATE_FAILED: { summary: "A template failed while it was rendered.", exitCode: 1, httpStatus: 422 },
  TW_TEMPLATE_SYNTAX: { summary: "A template is not valid Jinja.", exitCode: 1, httpStatus: 422 },
  TW_TEMPLATE_UNDEFINED: {
    summary: "A template uses a name that is not defined.",
    exitCode: 1,
    httpStatus: 422,
  },
  TW_THROWN_VALUE: {
    summary: "A handler threw something that is not an error.",
    exitCode: 1,
    httpStatus: 500,
  },
  TW_TRIGGER_ENDED: { summary: "A trigger ended without an event.", exitCode: 1, httpStatus: 500 },
  TW_TRIGGER_UNKNOWN: {
    summary: "A deferral names a trigger that is not registered.",
    exitCode: 1,
    httpStatus: 422,
  },
  TW_XCOM_VALUE: { summary: "A value cannot travel between tasks as JSON.", exitCode: 1, httpStatus: 422 },
  // End of runtime
  // Machine learning, tracking, registry, serving
  ...modelErrors,
  // Dag files in Python
  TW_DAG_TEST: {
    summary: "dag.test() was asked for what only a scheduler has.",
    exitCode: 1,
    httpStatus: 422,
  },
  TW_PYTHON_INTERPRETER: {
    summary: "A Python interpreter is not there, or too old.",
    exitCode: 3,
    httpStatus: 422,
  },
  TW_PYTHON_NETWORK: {
    summary: "The package index does not answer while a Python environment is made.",
    exitCode: 3,
    httpStatus: 503,
  },
  TW_PYTHON_REQUIREMENTS: {
    summary: "The requirements of a Python environment cannot be installed.",
    exitCode: 1,
    httpStatus: 422,
  },
  TW_PYTHON_PACKAGE: {
    summary: "A Python package that a Dag needs is not installed.",
    exitCode: 1,
    httpStatus: 422,
  },
} as const satisfies Record<string, ErrorKind>;
