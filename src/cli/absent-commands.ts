/** Commands of Airflow that are not here: each is known by name, says why, and what to use instead. */
import type { Command } from "commander";
import { TradewindError } from "../errors.ts";

interface Absent {
  readonly name: string;
  readonly why: string;
  readonly hint?: string;
}

const oneProcess = "there is nothing to run for it";

const absent: readonly Absent[] = [
  {
    name: "celery",
    why: "has no queue server here",
    hint: "`tradewind worker` takes tasks from a scheduler",
  },
  { name: "flower", why: "has no queue server here", hint: "`tradewind jobs list` shows what runs" },
  {
    name: "edge",
    why: "has no queue server here",
    hint: "`tradewind worker --connect` works from elsewhere",
  },
  { name: "kubernetes", why: "needs the Kubernetes executor, which this version does not have yet" },
  { name: "kerberos", why: oneProcess },
  { name: "sync-perm", why: "roles have fixed permissions", hint: "`tradewind users add-role` gives a role" },
  { name: "permissions-cleanup", why: "roles have fixed permissions" },
  { name: "roles", why: "roles have fixed permissions", hint: "`tradewind users add-role` gives a role" },
  { name: "teams", why: "teams are not there yet" },
  { name: "fab-db", why: "users are in the one database", hint: "`tradewind db migrate`" },
  { name: "db-manager", why: "there is one database", hint: "`tradewind db migrate`" },
  { name: "rotate-fernet-key", why: "secrets are sealed otherwise", hint: "`tradewind db rotate-key`" },
  {
    name: "db downgrade",
    why: "migrations go up only",
    hint: "make a `tradewind db backup` before an upgrade, and `tradewind db restore` it with the older version",
  },
  {
    name: "dags list-jobs",
    why: "jobs do not belong to Dags",
    hint: "`tradewind jobs list` shows what runs, `tradewind dags list-runs` the runs of a Dag",
  },
  {
    name: "tasks run",
    why: "tasks are run by the scheduler alone",
    hint: "`tradewind tasks test` runs one here, `tradewind tasks clear` lets it run again",
  },
  {
    name: "config update",
    why: "settings that are not valid are errors, so nothing is left to update",
    hint: "`tradewind config lint` says what is wrong",
  },
];

/** Hidden in the help; an unknown command that comes near one of these is told of it all the same. */
export function addAbsentCommands(root: Command): void {
  for (const { name, why, hint } of absent) {
    const words = name.split(" ");
    const parent = words.length === 1 ? root : root.commands.find((group) => group.name() === words[0]);
    parent
      ?.command(words.at(-1) ?? name, { hidden: true })
      .description(why)
      .argument("[rest...]")
      .allowUnknownOption()
      .helpOption(false)
      .action(() => {
        throw new TradewindError("TW_COMMAND_ABSENT", `\`tradewind ${name}\`: ${why}`, { hint });
      });
  }
}
