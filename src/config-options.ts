/**
 * Every setting: its type, default, meaning, and the Airflow setting of the same meaning, whose environment
 * variable is honoured too. Keys are camelCase here and snake_case outside (`max_map_length`, in
 * `tradewind.yaml`, `TRADEWIND__CORE__MAX_MAP_LENGTH`, `tradewind config get-value core max_map_length`).
 */

interface OptionBase {
  readonly description: string;
  /** "section.key" of Airflow's configuration, where the meaning is the same. */
  readonly airflow?: string;
  /** Other environment variables that set it, weaker than Tradewind's own. */
  readonly environment?: readonly string[];
  /** Never printed: lists show that it is set, not what to. */
  readonly secret?: boolean;
}
export interface StringOption extends OptionBase {
  readonly type: "string";
  readonly default: string;
  readonly oneOf?: readonly string[];
}
export interface NumberOption extends OptionBase {
  readonly type: "number";
  readonly default: number;
  readonly min?: number;
  readonly max?: number;
  readonly integer?: boolean;
}
export interface BooleanOption extends OptionBase {
  readonly type: "boolean";
  readonly default: boolean;
}
export type ConfigOption = StringOption | NumberOption | BooleanOption;

const text = (description: string, def: string, more: Partial<StringOption> = {}): StringOption => ({
  type: "string",
  description,
  default: def,
  ...more,
});
const count = (description: string, def: number, more: Partial<NumberOption> = {}): NumberOption => ({
  type: "number",
  description,
  default: def,
  integer: true,
  min: 0,
  ...more,
});
const flag = (description: string, def: boolean, more: Partial<BooleanOption> = {}): BooleanOption => ({
  type: "boolean",
  description,
  default: def,
  ...more,
});

export const configOptions = {
  core: {
    dagsFolder: text(
      "Folder in which Dag files are looked for; relative paths count from the home folder.",
      "dags",
      { airflow: "core.dags_folder" },
    ),
    artifactRoot: text("Folder for values that are too large for the database.", "artifacts"),
    parallelism: count("Task instances that one scheduler lets run at once.", 32, {
      airflow: "core.parallelism",
      min: 1,
    }),
    maxActiveTasksPerDag: count("Default of a Dag's maxActiveTasks: task instances at once in one run.", 16, {
      airflow: "core.max_active_tasks_per_dag",
      min: 1,
    }),
    maxActiveRunsPerDag: count("Default of a Dag's maxActiveRuns.", 16, {
      airflow: "core.max_active_runs_per_dag",
      min: 1,
    }),
    maxConsecutiveFailedDagRunsPerDag: count(
      "Pause a Dag after so many failed runs in a row; 0 = never.",
      0,
      { airflow: "core.max_consecutive_failed_dag_runs_per_dag" },
    ),
    dagsArePausedAtCreation: flag("A new Dag starts paused unless it says otherwise.", true, {
      airflow: "core.dags_are_paused_at_creation",
    }),
    defaultTimezone: text("Zone of dates that name none (IANA name).", "UTC", {
      airflow: "core.default_timezone",
    }),
    defaultTaskRetries: count("Default of a task's retries.", 0, { airflow: "core.default_task_retries" }),
    defaultTaskRetryDelay: count("Default delay before a retry, in seconds.", 300, {
      airflow: "core.default_task_retry_delay",
      integer: false,
    }),
    maxTaskRetryDelay: count("Longest delay that exponential backoff may reach, in seconds.", 86_400, {
      airflow: "core.max_task_retry_delay",
      integer: false,
    }),
    defaultPoolSlots: count("Slots of default_pool when the database is made.", 128, {
      airflow: "core.default_pool_task_slot_count",
      min: 1,
    }),
    maxMapLength: count("Most instances that one mapped task may expand to.", 1024, {
      airflow: "core.max_map_length",
    }),
    dagImportTimeout: count("Seconds that the import of one Dag file may take.", 30, {
      airflow: "core.dagbag_import_timeout",
      integer: false,
    }),
    killedTaskCleanupTime: count("Seconds between SIGTERM and SIGKILL when a task is ended.", 60, {
      airflow: "core.killed_task_cleanup_time",
      integer: false,
    }),
    loadExamples: flag("Show the shipped examples beside the Dags folder.", false, {
      airflow: "core.load_examples",
    }),
    sensitiveNames: text("More names, separated by commas, whose values are hidden.", "", {
      airflow: "core.sensitive_var_conn_names",
    }),
    fernetKey: text("Airflow's Fernet key(s), to import its encrypted values.", "", {
      airflow: "core.fernet_key",
      secret: true,
    }),
  },
  tracking: {
    uri: text(
      "Address of the API server as tasks reach it, which they find in MLFLOW_TRACKING_URI; empty = made of the section api.",
      "",
    ),
    artifactRoot: text(
      "Where artifacts of runs and models go: a folder, or s3://bucket/prefix; empty = mlflow-artifacts in core.artifact_root.",
      "",
      { environment: ["MLFLOW_ARTIFACTS_DESTINATION"] },
    ),
    webhooksAnywhere: flag("Webhooks may name http:// and addresses of your own network.", false),
    deletedDays: count("Days after which deleted runs go for good, with their artifacts; 0 = never.", 0),
  },
  database: {
    url: text("A PostgreSQL of your own; empty = the embedded one.", "", {
      environment: ["DATABASE_URL"],
      airflow: "database.sql_alchemy_conn",
      secret: true,
    }),
    poolSize: count("Connections beside the scheduler's own.", 5, {
      airflow: "database.sql_alchemy_pool_size",
      min: 1,
    }),
  },
  scheduler: {
    catchupByDefault: flag("Default of a Dag's catchup.", false, { airflow: "scheduler.catchup_by_default" }),
    createCronDataIntervals: flag("A cron string means a data-interval timetable.", false, {
      airflow: "scheduler.create_cron_data_intervals",
    }),
    createDeltaDataIntervals: flag("A duration means a data-interval timetable.", false, {
      airflow: "scheduler.create_delta_data_intervals",
    }),
    heartbeatSeconds: count("Seconds between two heartbeats of a component.", 5, {
      airflow: "scheduler.scheduler_heartbeat_sec",
      integer: false,
      min: 0.1,
    }),
    healthCheckThreshold: count("Seconds without heartbeat after which a component is unhealthy.", 30, {
      airflow: "scheduler.scheduler_health_check_threshold",
      integer: false,
    }),
    taskHeartbeatTimeout: count(
      "Seconds without a sign of life after which a running task is given up.",
      300,
      { airflow: "scheduler.task_instance_heartbeat_timeout", integer: false, min: 1 },
    ),
    taskQueuedTimeout: count("Seconds that a task may stay queued before it is queued again.", 600, {
      airflow: "scheduler.task_queued_timeout",
      integer: false,
      min: 1,
    }),
    adoptionGrace: count("Seconds that a restarted scheduler waits for running tasks to be announced.", 10, {
      integer: false,
    }),
    pollSeconds: count("Seconds between two looks for what a notification lost.", 5, {
      integer: false,
      min: 0.05,
    }),
    useJobSchedule: flag("Create scheduled runs; off = manual and asset-triggered ones only.", true, {
      airflow: "scheduler.use_job_schedule",
    }),
    ignoreFirstDependsOnPast: flag("Default of a task's ignoreFirstDependsOnPast.", true, {
      airflow: "scheduler.ignore_first_depends_on_past_by_default",
    }),
  },
  worker: {
    slots: count("Tasks at once on this machine; 0 = four times the processors.", 0, {
      airflow: "celery.worker_concurrency",
    }),
    queues: text("Queues that the worker takes from, separated by commas.", "default"),
    devices: text(
      "Devices that are the slots of a pool, one attempt each, told to tasks in CUDA_VISIBLE_DEVICES: gpu_pool: 0, 1; another: 2.",
      "",
    ),
    warmChildren: count("Idle task processes that are kept ready.", 2),
    memoryLimitMb: count("Memory that one task may use, in MiB; 0 = no limit.", 0),
    tasksPerChild: count("Tasks after which a warm process is replaced.", 10_000, { min: 1 }),
    heapLimitMb: count("Heap in MiB over which a warm process is replaced after its task.", 256, { min: 16 }),
    reconnectSeconds: count("Seconds that a worker keeps its tasks while no scheduler answers.", 60, {
      integer: false,
    }),
  },
  dagProcessor: {
    pollSeconds: count("Seconds between two scans for what the file watch lost.", 10, {
      integer: false,
      min: 0.1,
    }),
    dagBundleConfigList: text(
      "Where Dag files come from besides the Dags folder, which it replaces: a JSON list of LocalDagBundle and GitDagBundle.",
      "",
      { airflow: "dag_processor.dag_bundle_config_list" },
    ),
    ignoreFileSyntax: text("Syntax of .airflowignore: glob as .gitignore, or regexp.", "glob", {
      oneOf: ["glob", "regexp"],
      airflow: "core.dag_ignore_file_syntax",
    }),
    filesPerChild: count("Imports after which the importing process is replaced.", 100, { min: 1 }),
    idleSeconds: count("Seconds after which an idle importing process ends.", 5, { integer: false }),
    parallelism: count("Importing processes at once.", 2, {
      airflow: "dag_processor.parsing_processes",
      min: 1,
    }),
  },
  python: {
    interpreter: text(
      "Python of Dag files in Python: a path, or a name that is looked for in PATH.",
      "python3",
    ),
    allowPickle: flag("Values that have no other form may travel between tasks pickled.", false, {
      airflow: "core.enable_xcom_pickling",
    }),
    start: text(
      "How a task's process starts: fork = from one that has imported the Dag file, spawn = anew.",
      "fork",
      {
        oneOf: ["fork", "spawn"],
      },
    ),
    airflow: text("Airflow whose defaults files get: auto = as each file tells by what it uses.", "auto", {
      oneOf: ["auto", "2", "3"],
    }),
    idleSeconds: count("Seconds after which an unused process with an imported file ends.", 600, {
      integer: false,
    }),
    workingDirectory: text(
      "Folder from which relative paths of Python tasks count: run = one for each run, start = where the program was started, or a path.",
      "run",
    ),
    pathMap: text(
      "Folders that Dag files name and that lie elsewhere here: /opt/airflow=/home/me/airflow, …",
      "",
    ),
    environmentsFolder: text(
      "Folder of the environments that are made for requirements; relative paths count from the home folder.",
      "environments",
    ),
    environmentsMaxDays: count(
      "Days after which an environment is removed that nobody used and no current Dag names; 0 is never.",
      30,
    ),
    environmentsMaxMb: count(
      "Megabytes that all environments may have; those that were not used for longest go first; 0 is without limit.",
      0,
    ),
  },
  triggerer: {
    capacity: count("Deferred tasks that one triggerer process waits for.", 100_000, {
      airflow: "triggerer.capacity",
      min: 1,
    }),
  },
  xcom: {
    inlineLimit: count("Bytes of JSON up to which a value is kept in the database.", 262_144),
    maxBytes: count("Bytes over which a value is refused.", 268_435_456),
  },
  logging: {
    level: text("Least level that is written.", "info", {
      oneOf: ["debug", "info", "warning", "error", "critical"],
      airflow: "logging.logging_level",
    }),
    format: text("Form of the service log: auto = text on a terminal, JSON otherwise.", "auto", {
      oneOf: ["auto", "text", "json"],
    }),
    folder: text("Folder of the task logs; relative paths count from the home folder.", "logs", {
      airflow: "logging.base_log_folder",
    }),
    maxTaskLogBytes: count(
      "Bytes after which the log of one attempt is cut, with a line that says so.",
      268_435_456,
      { min: 1024 },
    ),
  },
  api: {
    host: text("Address that the web page and the APIs listen on; 0.0.0.0 = all.", "127.0.0.1", {
      airflow: "api.host",
      environment: ["AIRFLOW__WEBSERVER__WEB_SERVER_HOST"],
    }),
    port: count("Their port; 0 = a free one.", 8080, {
      airflow: "api.port",
      environment: ["AIRFLOW__WEBSERVER__WEB_SERVER_PORT"],
      max: 65_535,
    }),
    baseUrl: text(
      "Address under which people reach it, with the path prefix of a proxy; empty = as they ask.",
      "",
      { airflow: "api.base_url", environment: ["AIRFLOW__WEBSERVER__BASE_URL"] },
    ),
    sslCert: text("PEM file of the certificate; empty = no TLS.", "", {
      airflow: "api.ssl_cert",
      environment: ["AIRFLOW__WEBSERVER__WEB_SERVER_SSL_CERT"],
    }),
    sslKey: text("PEM file of its key.", "", {
      airflow: "api.ssl_key",
      environment: ["AIRFLOW__WEBSERVER__WEB_SERVER_SSL_KEY"],
    }),
    maximumPageLimit: count("Most rows of one answer.", 100, { airflow: "api.maximum_page_limit", min: 1 }),
    fallbackPageLimit: count("Rows of an answer that asks for limit=0.", 50, {
      airflow: "api.fallback_page_limit",
      min: 1,
    }),
    exposeConfig: text("Whether the configuration can be read.", "false", {
      airflow: "api.expose_config",
      environment: ["AIRFLOW__WEBSERVER__EXPOSE_CONFIG"],
      oneOf: ["true", "false", "non-sensitive-only"],
    }),
    tokenSeconds: count("Life of a token of POST /auth/token.", 86_400, {
      airflow: "api_auth.jwt_expiration_time",
      min: 1,
    }),
    cliTokenSeconds: count("Life of a token of POST /auth/token/cli.", 3600, {
      airflow: "api_auth.jwt_cli_expiration_time",
      min: 1,
    }),
    sessionHours: count("Hours until the page asks for the password again.", 24, {
      integer: false,
      min: 0.01,
    }),
    publicRole: text("Role of whoever is not signed in.", "Public", {
      environment: ["AIRFLOW__FAB__AUTH_ROLE_PUBLIC"],
    }),
    allAdmins: flag(
      "Nobody signs in: everyone on this machine is an Admin. Only on a loopback address.",
      false,
      {
        airflow: "core.simple_auth_manager_all_admins",
      },
    ),
    allowedHosts: text(
      "Names under which it may be asked, beside its own and single words, separated by commas; * = any.",
      "",
    ),
    trustedProxies: text(
      "Addresses of proxies whose X-Forwarded-* counts, separated by commas: IPs, CIDR, or loopback.",
      "",
    ),
    maxBodyMb: count("Largest body of a request in MiB; uploads of files apart.", 16, { min: 1 }),
    bodyTimeoutSeconds: count("Seconds in which a body has to arrive; uploads of files apart.", 30, {
      integer: false,
      min: 0.1,
    }),
    headerTimeoutSeconds: count("Seconds in which the headers of a request have to arrive.", 15, {
      integer: false,
      min: 0.1,
    }),
    maxConnections: count("Open connections; more are closed at once.", 2000, { min: 1 }),
  },
  oidc: {
    issuer: text("Address of an OpenID provider with which people may sign in; empty = none.", ""),
    clientId: text("Id of this server at the provider.", ""),
    clientSecret: text("Its secret.", "", { secret: true }),
    scope: text("What the provider is asked for.", "openid profile email"),
    name: text("What the page calls the provider.", "OpenID Connect"),
    usernameClaim: text("Claim that becomes the user's name.", "preferred_username"),
    rolesClaim: text("Claim with groups or roles; empty = roles are given here.", ""),
    roleMapping: text("Which of them are which roles: `admins=Admin, staff=User`.", ""),
    defaultRole: text("Role of a new user of whom the provider does not say one.", "Viewer"),
  },
  metrics: {
    port: count("Port of the Prometheus text; 0 = none.", 0, { max: 65_535 }),
    host: text("Address that the metrics listen on.", "127.0.0.1"),
  },
  traces: {
    otlpEndpoint: text("OTLP/HTTP endpoint for traces; empty = none.", "", {
      environment: ["OTEL_EXPORTER_OTLP_ENDPOINT"],
    }),
  },
  openlineage: {
    transport: text(
      'Where OpenLineage events go, as JSON: {"type": "http", "url": …}, of type http, file, console or composite; empty = nowhere.',
      "",
      { airflow: "openlineage.transport", secret: true },
    ),
    url: text("Address of a receiver, where no transport is given.", "", {
      environment: ["OPENLINEAGE_URL"],
    }),
    endpoint: text("Path at that address.", "api/v1/lineage", { environment: ["OPENLINEAGE_ENDPOINT"] }),
    apiKey: text("Key that the receiver asks for.", "", {
      environment: ["OPENLINEAGE_API_KEY"],
      secret: true,
    }),
    namespace: text("Namespace of all jobs.", "default", {
      airflow: "openlineage.namespace",
      environment: ["OPENLINEAGE_NAMESPACE"],
    }),
    disabled: flag("Send nothing.", false, {
      airflow: "openlineage.disabled",
      environment: ["OPENLINEAGE_DISABLED"],
    }),
    disableSourceCode: flag("Leave out where the code is.", false, {
      airflow: "openlineage.disable_source_code",
    }),
    disabledForOperators: text("Operators whose tasks send nothing, separated by semicolons.", "", {
      airflow: "openlineage.disabled_for_operators",
    }),
    queueSize: count("Events that wait at most while the receiver is away; then the oldest go.", 10_000, {
      min: 1,
    }),
  },
  stateStore: {
    clearOnSuccess: flag("A task instance that succeeds loses what it kept in its state store.", false, {
      airflow: "state_store.clear_on_success",
    }),
    defaultRetentionDays: count(
      "Days that a value of a task's state store is kept unless it says otherwise; 0 = for ever.",
      30,
      { airflow: "state_store.default_retention_days" },
    ),
    maxValueStorageBytes: count(
      "Size of a value that the REST API takes for a state store; 0 = any.",
      65_535,
      {
        airflow: "state_store.max_value_storage_bytes",
      },
    ),
  },
  retention: {
    days: count("Days after which finished runs are removed; 0 = never.", 0, { integer: false }),
    runsPerDag: count("Finished runs kept for each Dag; 0 = all.", 0),
    auditDays: count("Days that the audit log is kept; 0 = for ever.", 0, { integer: false }),
    trafficDays: count("Days that the minutes of endpoints' traffic are kept; 0 = for ever.", 90, {
      integer: false,
    }),
    // Reports look back at most as far.
    outcomeDays: count("Days that outcomes of endpoints' answers are kept; 0 = for ever.", 366, {
      integer: false,
    }),
    intervalSeconds: count("Seconds between two passes.", 3600, { integer: false, min: 1 }),
  },
  smtp: {
    smtpHost: text("SMTP server.", "localhost", { airflow: "smtp.smtp_host" }),
    smtpPort: count("Its port.", 25, { airflow: "smtp.smtp_port", max: 65_535 }),
    smtpUser: text("User, where the server wants one.", "", { airflow: "smtp.smtp_user" }),
    smtpPassword: text("Password of that user.", "", { airflow: "smtp.smtp_password", secret: true }),
    smtpStarttls: flag("Use STARTTLS when the server offers it.", true, { airflow: "smtp.smtp_starttls" }),
    smtpSsl: flag("Speak TLS from the first byte.", false, { airflow: "smtp.smtp_ssl" }),
    smtpMailFrom: text("Sender address.", "tradewind@localhost", { airflow: "smtp.smtp_mail_from" }),
    smtpTimeout: count("Seconds until a send is given up.", 30, {
      airflow: "smtp.smtp_timeout",
      integer: false,
    }),
  },
} as const satisfies Record<string, Record<string, ConfigOption>>;

export type ConfigSections = typeof configOptions;
