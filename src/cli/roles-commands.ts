/** `tradewind roles`: list, create, delete. What a role of one's own may do is set on the page or by the API. */
import type { Command } from "commander";
import { roleNames } from "../api/auth/roles.ts";
import { TradewindError } from "../errors.ts";
import { createRole, deleteRole, listRoles } from "../store/roles.ts";
import { databaseCommand, onDatabase, type Work } from "./database-command.ts";

export function addRolesCommands(root: Command): void {
  const group = root.command("roles").description("what people may do");
  databaseCommand(group, "list", "Airflow's roles, and those of one's own")
    .option("-p, --permission", "what they may do, too")
    .action(onDatabase(list));
  databaseCommand(group, "create <role...>", "make roles, without any rights yet").action(
    onDatabase((work, [names]) => create(work, names as unknown as string[])),
  );
  databaseCommand(group, "delete <role...>", "remove roles of one's own; their users lose them").action(
    onDatabase((work, [names]) => remove(work, names as unknown as string[])),
  );
}

async function list(
  { database, session }: Work,
  _: string[],
  flags: { permission?: boolean },
): Promise<void> {
  const own = await listRoles(database);
  const all = [...roleNames.map((name) => ({ name, permissions: ["built in"] })), ...own];
  session.rows(
    all.map(({ name, permissions }) =>
      flags.permission === true ? { name, permissions: permissions.join(", ") } : { name },
    ),
  );
}

async function create({ database, session }: Work, names: readonly string[]): Promise<void> {
  refuseBuiltIn(names);
  await database.transaction(async (tx) => {
    for (const name of names) await createRole(tx, { name, permissions: [] });
  });
  session.print(`Roles made: ${names.join(", ")}`);
}

async function remove({ database, session }: Work, names: readonly string[]): Promise<void> {
  refuseBuiltIn(names);
  await database.transaction(async (tx) => {
    for (const name of names)
      if (!(await deleteRole(tx, name)))
        throw new TradewindError("TW_ROLE_NOT_FOUND", `expected a role, got ${JSON.stringify(name)}`);
  });
  session.print(`Roles deleted: ${names.join(", ")}`);
}

function refuseBuiltIn(names: readonly string[]): void {
  const builtIn = names.find((name) => (roleNames as readonly string[]).includes(name));
  if (builtIn !== undefined)
    throw new TradewindError(
      "TW_ROLE_EXISTS",
      `expected a role of your own, got ${builtIn}, which is built in`,
    );
}
