/** The tree of commands: one file a group. */
import type { Command } from "commander";
import { addAssetsCommands } from "./assets-commands.ts";
import { addBackfillCommands } from "./backfill-commands.ts";
import { addConfigCommands } from "./config-commands.ts";
import { addConnectionsCommands } from "./connections-commands.ts";
import { addDagsActCommands } from "./dags-act-commands.ts";
import { addDagsReadCommands } from "./dags-read-commands.ts";
import { addDagsTestCommand } from "./dags-test-command.ts";
import { addDbCommands } from "./db-commands.ts";
import { addInfoCommands } from "./info-commands.ts";
import { addJobsCommands } from "./jobs-commands.ts";
import { addPoolsCommands } from "./pools-commands.ts";
import { addServiceCommands } from "./standalone-command.ts";
import { addTasksActCommands } from "./tasks-act-commands.ts";
import { addTasksLogsCommand } from "./tasks-logs-command.ts";
import { addTasksReadCommands } from "./tasks-read-commands.ts";
import { addUsersCommands } from "./users-commands.ts";
import { addVariablesCommands } from "./variables-commands.ts";
import { addWorkerCommands } from "./worker-commands.ts";

export function addCommandGroups(root: Command): void {
  const dags = root.command("dags").description("Dags and their runs");
  addDagsActCommands(dags);
  addDagsReadCommands(dags);
  addDagsTestCommand(dags);
  const tasks = root.command("tasks").description("tasks and their instances");
  addTasksActCommands(tasks);
  addTasksLogsCommand(tasks);
  addTasksReadCommands(tasks);
  addAssetsCommands(root);
  addBackfillCommands(root);
  addConfigCommands(root);
  addConnectionsCommands(root);
  addDbCommands(root);
  addInfoCommands(root);
  addJobsCommands(root);
  addPoolsCommands(root);
  addServiceCommands(root);
  addUsersCommands(root);
  addVariablesCommands(root);
  addWorkerCommands(root);
}
