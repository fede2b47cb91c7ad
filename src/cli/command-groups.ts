/** The tree of commands: one file a group. */
import type { Command } from "commander";
import { addConfigCommands } from "./config-commands.ts";
import { addConnectionsCommands } from "./connections-commands.ts";
import { addInfoCommands } from "./info-commands.ts";
import { addPoolsCommands } from "./pools-commands.ts";
import { addVariablesCommands } from "./variables-commands.ts";

export function addCommandGroups(root: Command): void {
  addConfigCommands(root);
  addConnectionsCommands(root);
  addInfoCommands(root);
  addPoolsCommands(root);
  addVariablesCommands(root);
}
