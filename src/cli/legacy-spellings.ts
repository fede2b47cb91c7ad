/** Airflow's 2.x spellings: understood, with a hint that names the one of today. */

interface Spelling {
  readonly from: readonly string[];
  readonly to: readonly string[];
}

const spellings: readonly Spelling[] = [
  { from: ["db", "init"], to: ["db", "migrate"] },
  { from: ["db", "upgrade"], to: ["db", "migrate"] },
  { from: ["initdb"], to: ["db", "migrate"] },
  { from: ["upgradedb"], to: ["db", "migrate"] },
  { from: ["resetdb"], to: ["db", "reset"] },
  { from: ["dags", "backfill"], to: ["backfill", "create"] },
  { from: ["celery", "worker"], to: ["worker"] },
  { from: ["list_dags"], to: ["dags", "list"] },
  { from: ["trigger_dag"], to: ["dags", "trigger"] },
  { from: ["dag_state"], to: ["dags", "state"] },
  { from: ["pause"], to: ["dags", "pause"] },
  { from: ["unpause"], to: ["dags", "unpause"] },
  { from: ["list_tasks"], to: ["tasks", "list"] },
  { from: ["clear"], to: ["tasks", "clear"] },
  { from: ["test"], to: ["tasks", "test"] },
  { from: ["render"], to: ["tasks", "render"] },
  { from: ["task_state"], to: ["tasks", "state"] },
  { from: ["create_user"], to: ["users", "create"] },
  { from: ["list_users"], to: ["users", "list"] },
  { from: ["delete_user"], to: ["users", "delete"] },
];

/** Flags of `dags backfill` that `backfill create` calls otherwise. */
const backfillFlags = new Map([
  ["-s", "--from-date"],
  ["--start-date", "--from-date"],
  ["-e", "--to-date"],
  ["--end-date", "--to-date"],
  ["-c", "--dag-run-conf"],
  ["--conf", "--dag-run-conf"],
  ["-B", "--run-backwards"],
  ["--reprocessing-behavior", "--reprocess-behavior"],
]);

export function airflowSpelling(argv: readonly string[]): { argv: readonly string[]; hint: string | null } {
  argv = argv.map((word) =>
    word
      .replace(/^--subdir(?==|$)/, "--dags-folder")
      .replace(/^--exec(ution)?-date(?==|$)/, "--logical-date"),
  );
  const found = spellings.find(({ from }) => from.every((word, i) => argv[i] === word));
  if (!found) return { argv, hint: null };
  const rest = argv.slice(found.from.length);
  const renamed = found.from.join(" ") === "dags backfill" ? backfillArguments(rest) : rest;
  return {
    argv: [...found.to, ...renamed],
    hint: `hint: \`${found.from.join(" ")}\` is spelled \`${found.to.join(" ")}\` today`,
  };
}

/** The Dag's id was the last argument; today it is a flag. */
function backfillArguments(rest: readonly string[]): string[] {
  const argv: string[] = [];
  let expectsValue = false;
  for (const word of rest) {
    const [name = "", ...value] = word.split(/(?==)/);
    const flag = [backfillFlags.get(name) ?? name, ...value].join("");
    if (flag.startsWith("-")) argv.push(flag);
    else argv.push(...(expectsValue || argv.includes("--dag-id") ? [flag] : ["--dag-id", flag]));
    expectsValue =
      flag.startsWith("-") && !flag.includes("=") && flag !== "--run-backwards" && flag !== "--dry-run";
  }
  return argv;
}
