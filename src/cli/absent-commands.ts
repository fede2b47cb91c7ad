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
  { name: "teams", why: "teams are not there yet" },
  { name: "fab-db", why: "users are in the one database", hint: "`tradewind db migrate`" },
  { name: "db-manager", why: "there is one database", hint: "`tradewind db migrate`" },
  {
    name: "users export",
    why: "passwords do not leave the database",
    hint: "`tradewind db backup` keeps everything; `tradewind users list -o json` shows who there is",
  },
  {
    name: "users import",
    why: "passwords do not come from a file",
    hint: "`tradewind users create --use-random-password` for each",
  },
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
