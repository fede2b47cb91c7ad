/** Airflow's spellings of commands and flags, from 1.10 to 3, as data: what each is called here. */

export interface Spelling {
  readonly from: readonly string[];
  readonly to: readonly string[];
}

const spelled = (lines: string): Spelling[] =>
  lines
    .trim()
    .split("\n")
    .map((line) => {
      const [from = "", to = ""] = line.trim().split(" -> ");
      return { from: from.split(" "), to: to.split(" ") };
    });

/** Longer ones first where one begins like another. */
export const spellings: readonly Spelling[] = spelled(`
  db init -> db migrate --default-connections
  initdb -> db migrate --default-connections
  upgradedb -> db migrate
  checkdb -> db check
  resetdb -> db reset
  shell -> db shell
  rotate_fernet_key -> db rotate-key
  rotate-fernet-key -> db rotate-key
  fab-db migrate -> db migrate
  db-manager migrate -> db migrate
  dags backfill -> backfill create
  dags clear -> tasks clear
  tasks run -> tasks test
  celery worker -> worker
  list_dags -> dags list
  list_dag_runs -> dags list-runs
  trigger_dag -> dags trigger
  delete_dag -> dags delete
  dag_state -> dags state
  show_dag -> dags show
  next_execution -> dags next-execution
  pause -> dags pause
  unpause -> dags unpause
  list_tasks -> tasks list
  clear -> tasks clear
  test -> tasks test
  run -> tasks test
  render -> tasks render
  task_state -> tasks state
  task_failed_deps -> tasks failed-deps
  create_user -> users create
  list_users -> users list
  delete_user -> users delete
`);

/** Verbs that were flags in 1.10: `airflow variables --set key value`. */
const verbs = (lines: string): ReadonlyMap<string, string> =>
  new Map(
    lines
      .trim()
      .split("\n")
      .flatMap((line) => {
        const [flags = "", verb = ""] = line.trim().split(" -> ");
        return flags.split(" ").map((flag) => [flag, verb] as const);
      }),
  );

const listed =
  "-g --get -> get\n-s --set -> set\n-i --import -> import\n-e --export -> export\n-x --delete -> delete";

export const oldVerbs: ReadonlyMap<string, ReadonlyMap<string, string>> = new Map([
  ["variables", verbs(listed)],
  ["pool", verbs(listed)],
  ["connections", verbs("-a --add -> add\n-l --list -> list\n-d --delete -> delete")],
  ["users", verbs("-c --create -> create\n-l --list -> list\n-d --delete -> delete")],
]);

export const oldGroups: ReadonlyMap<string, string> = new Map([["pool", "pools"]]);

const table = (lines: string): ReadonlyMap<string, string> =>
  new Map(
    lines
      .trim()
      .split("\n")
      .map((line) => line.trim().split(" -> ") as [string, string]),
  );

/** Flags that are called otherwise here, by today's command; "*" is every command. */
export const renamedFlags: ReadonlyMap<string, ReadonlyMap<string, string>> = new Map([
  [
    "*",
    table("--subdir -> --dags-folder\n--exec-date -> --logical-date\n--execution-date -> --logical-date"),
  ],
  ["dags trigger", table("-e -> --logical-date\n--run_id -> --run-id")],
  [
    "backfill create",
    table(`
      -s -> --from-date
      --start-date -> --from-date
      --start_date -> --from-date
      -e -> --to-date
      --end-date -> --to-date
      --end_date -> --to-date
      -c -> --dag-run-conf
      --conf -> --dag-run-conf
      -B -> --run-backwards
      -n -> --dry-run
      --reprocessing-behavior -> --reprocess-behavior
      --reset-dagruns -> --reprocess-behavior=completed
      --reset_dagruns -> --reprocess-behavior=completed
      --rerun-failed-tasks -> --reprocess-behavior=failed
      --rerun_failed_tasks -> --reprocess-behavior=failed
    `),
  ],
  [
    "tasks clear",
    table(
      "--start_date -> --start-date\n--end_date -> --end-date\n--task_regex -> --task-regex\n--no_confirm -> --yes\n-c -> --yes",
    ),
  ],
  [
    "connections add",
    table(`
      --conn_id -> --conn-id
      --conn_uri -> --conn-uri
      --conn_type -> --conn-type
      --conn_host -> --conn-host
      --conn_login -> --conn-login
      --conn_password -> --conn-password
      --conn_schema -> --conn-schema
      --conn_port -> --conn-port
      --conn_extra -> --conn-extra
    `),
  ],
  ["connections delete", table("--conn_id -> --conn-id")],
  ["api-server", table("--ssl_cert -> --ssl-cert\n--ssl_key -> --ssl-key")],
]);

/** Arguments that were, or are, flags elsewhere: their values stand alone here. */
export const positionalFlags: ReadonlyMap<string, readonly string[]> = new Map([
  ["dags list-runs", ["-d", "--dag-id", "--dag_id"]],
  ["dags list-jobs", ["-d", "--dag-id"]],
  ["dags next-execution", ["--dag-id"]],
  ["connections add", ["--conn-id"]],
  ["connections delete", ["--conn-id"]],
]);

/** The other way round. */
export const flaggedArguments: ReadonlyMap<string, string> = new Map([["backfill create", "--dag-id"]]);

const daemon = "-l= --log-file= --pid= --stdout= --stderr=";

/** Flags of Airflow that change nothing here, by today's command; "=" for those that take a value. */
export const idleFlags: ReadonlyMap<string, readonly string[]> = new Map(
  Object.entries({
    "db migrate":
      "-n= --to-version= --from-version= --to-revision= --from-revision= -r= -s --show-sql-only --use-migration-files --reserialize-dags --no-reserialize-dags",
    "db reset": "-s --skip-init --use-migration-files",
    "db check-migrations": "-t= --migration-wait-timeout=",
    "api-server": `-w= --workers= -k= --workerclass= -t= --worker-timeout= -A= --access-logfile= --access_logfile= -E= --error-logfile= --access-logformat= --worker-connections= --proxy-headers --apps= --log-config= -d --debug --dev --team= ${daemon}`,
    scheduler: `-p --do-pickle -s --skip-serve-logs -d= --dag-id= -r= --run-duration= ${daemon}`,
    triggerer: `-s --skip-serve-logs --queues= --team-name= ${daemon}`,
    "dag-processor": `-p --do-pickle -n= --num-runs= -B= --bundle-name= ${daemon}`,
    standalone: "",
    worker: `-H= --celery-hostname= -a= --autoscale= -s --skip-serve-logs -u= --umask= --without-mingle --without-gossip --team= ${daemon}`,
    "backfill create":
      "-x --donot-pickle --donot_pickle -i --ignore-dependencies -I --ignore-first-depends-on-past -l --local -m --mark-success -y --yes --pool= --delay-on-limit= --delay_on_limit= --continue-on-failures --disable-retry -t= --task-regex= --task_regex= --run-on-latest-version --treat-dag-as-regex --treat-dag-id-as-regex --no-run-on-latest-version",
    "tasks test":
      "-n --dry-run -m --post-mortem --local --raw -i --ignore-all-dependencies -A --ignore-dependencies -I --ignore-depends-on-past -f --force --ship-dag --mark-success --interactive -N --pickle= --pool= --cfg-path= --job-id= --depends-on-past= --read-from-db --shut-down-logging",
    "tasks clear": "-R --dag-regex -X --exclude-subdags -xs --exclude-parentdag -xp",
    "tasks list": "",
    "dags list": "-B= --bundle-name= --local -r --report",
    "dags list-runs": "--no-backfill",
    "dags trigger": "--no-replace-microseconds --replace-microseconds",
    "dags test": "--show-dagrun --imgcat-dagrun --save-dagrun= -n -B= --bundle-name=",
    "dags show": "--imgcat",
    "dags reserialize": "-B= --bundle-name= --clear-only",
    "users create": "",
    info: "--anonymize --file-io",
    "cheat-sheet": "-v --verbose",
    plugins: "-v --verbose",
  }).map(([path, flags]) => [path, flags.split(" ").filter((flag) => flag !== "")]),
);

/** Commands of Airflow for which there is nothing to do here: why. */
export const nothingToDo: ReadonlyMap<string, string> = new Map([
  ["sync-perm", "the rights of roles need no synchronisation"],
  ["sync_perm", "the rights of roles need no synchronisation"],
  ["permissions-cleanup", "the rights of Dags go with them"],
]);
