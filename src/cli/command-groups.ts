/**
 * The tree of commands: one file a group. A group is imported when one of its commands is called: the API's process
 * needs no scheduler, and `tradewind dags list` no server, neither in memory nor in the time that imports take.
 */
import type { Command } from "commander";
import { addAbsentCommands } from "./absent-commands.ts";

/** `asAirflow`: for the command `airflow`, where scripts expect its own words. */
type AddGroup = (root: Command, asAirflow: boolean) => Promise<void>;

const dags: AddGroup = async (root) => {
  const { addDagsActCommands } = await import("./dags-act-commands.ts");
  const { addDagsDependenciesCommand } = await import("./dags-dependencies-command.ts");
  const { addDagsReadCommands } = await import("./dags-read-commands.ts");
  const { addDagsTestCommand } = await import("./dags-test-command.ts");
  const group = root.command("dags").description("Dags and their runs");
  addDagsActCommands(group);
  addDagsDependenciesCommand(group);
  addDagsReadCommands(group);
  addDagsTestCommand(group);
};

const tasks: AddGroup = async (root) => {
  const { addTasksActCommands } = await import("./tasks-act-commands.ts");
  const { addTasksLogsCommand } = await import("./tasks-logs-command.ts");
  const { addTasksReadCommands } = await import("./tasks-read-commands.ts");
  const group = root.command("tasks").description("tasks and their instances");
  addTasksActCommands(group);
  addTasksLogsCommand(group);
  addTasksReadCommands(group);
};

/** Groups by the names and the aliases of their commands at the top of the tree. */
const groups: readonly (readonly [names: readonly string[], add: AddGroup])[] = [
  [["dags"], dags],
  [["tasks"], tasks],
  [["airflow"], async (root) => (await import("./airflow-commands.ts")).addAirflowCommands(root)],
  [
    ["api-server", "webserver"],
    async (root) => (await import("./api-server-command.ts")).addApiServerCommands(root),
  ],
  [["assets"], async (root) => (await import("./assets-commands.ts")).addAssetsCommands(root)],
  [["backfill"], async (root) => (await import("./backfill-commands.ts")).addBackfillCommands(root)],
  [["cache"], async (root) => (await import("./step-cache-commands.ts")).addStepCacheCommands(root)],
  [
    ["config"],
    async (root, asAirflow) => (await import("./config-commands.ts")).addConfigCommands(root, asAirflow),
  ],
  [["connections"], async (root) => (await import("./connections-commands.ts")).addConnectionsCommands(root)],
  [["db"], async (root) => (await import("./db-commands.ts")).addDbCommands(root)],
  [["endpoints"], async (root) => (await import("./endpoints-commands.ts")).addEndpointsCommands(root)],
  [
    ["environments"],
    async (root) => (await import("./environments-commands.ts")).addEnvironmentsCommands(root),
  ],
  [
    ["version", "info", "cheat-sheet"],
    async (root, asAirflow) => (await import("./info-commands.ts")).addInfoCommands(root, asAirflow),
  ],
  [["jobs"], async (root) => (await import("./jobs-commands.ts")).addJobsCommands(root)],
  [["lineage"], async (root) => (await import("./lineage-commands.ts")).addLineageCommands(root)],
  [["plugins"], async (root) => (await import("./plugins-command.ts")).addPluginsCommand(root)],
  [["pools"], async (root) => (await import("./pools-commands.ts")).addPoolsCommands(root)],
  [["providers"], async (root) => (await import("./providers-commands.ts")).addProvidersCommands(root)],
  [["roles"], async (root) => (await import("./roles-commands.ts")).addRolesCommands(root)],
  [["runs"], async (root) => (await import("./runs-commands.ts")).addRunsCommands(root)],
  [["serve"], async (root) => (await import("./serve-command.ts")).addServeCommand(root)],
  [
    ["standalone", "scheduler"],
    async (root) => (await import("./standalone-command.ts")).addServiceCommands(root),
  ],
  [
    ["triggerer", "dag-processor"],
    async (root) => (await import("./triggerer-command.ts")).addTriggererCommand(root),
  ],
  [
    ["users"],
    async (root, asAirflow) => (await import("./users-commands.ts")).addUsersCommands(root, asAirflow),
  ],
  [["variables"], async (root) => (await import("./variables-commands.ts")).addVariablesCommands(root)],
  [["state-store"], async (root) => (await import("./state-store-commands.ts")).addStateStoreCommands(root)],
  [["worker"], async (root) => (await import("./worker-commands.ts")).addWorkerCommands(root)],
];

/** Prints the whole tree, so it needs all of it. */
const showsAll = "cheat-sheet";

/**
 * Adds the group that has the command `called`, or every group when none has it: help and "did you mean" need all.
 */
export async function addCommandGroups(
  root: Command,
  called: string | undefined,
  asAirflow: boolean,
): Promise<void> {
  const wanted = groups.filter(
    ([names]) => called !== undefined && called !== showsAll && names.includes(called),
  );
  for (const [, add] of wanted.length > 0 ? wanted : groups) await add(root, asAirflow);
  addAbsentCommands(root);
}

/** For a test that compares them with the tree. */
export const namesOfGroups: readonly (readonly string[])[] = groups.map(([names]) => names);
