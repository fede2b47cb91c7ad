/** The tree of commands: one file a group, in the order in which help lists them. */
import type { Command } from "commander";
import { addConfigCommands } from "./config-commands.ts";
import { addInfoCommands } from "./info-commands.ts";

export function addCommandGroups(root: Command): void {
  addConfigCommands(root);
  addInfoCommands(root);
}
