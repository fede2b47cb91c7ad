/** The commands as they are shown: in the cheat sheet and in docs/guides/cli.md. */
import type { Command } from "commander";

export interface ShownCommand {
  /** "dags trigger". */
  readonly path: string;
  /** " <dag-id>" */
  readonly args: string;
  readonly command: Command;
}

/** Every command that does something, in alphabetical order; hidden ones are left out. */
export function shownCommands(root: Command): ShownCommand[] {
  const found: ShownCommand[] = [];
  const visit = (command: Command, path: string): void => {
    const children = command
      .createHelp()
      .visibleCommands(command)
      .filter((child) => child.name() !== "help");
    for (const child of children) visit(child, `${path} ${child.name()}`.trim());
    if (children.length > 0 || path === "") return;
    const args = command.registeredArguments
      .map((arg) => (arg.required ? ` <${arg.name()}>` : ` [${arg.name()}]`))
      .join("");
    found.push({ path, args, command });
  };
  visit(root, "");
  return found.sort((a, b) => (a.path < b.path ? -1 : 1));
}
