/** `tradewind users`: create, list, delete, reset-password, add-role, remove-role. */
import { randomBytes } from "node:crypto";
import { createInterface } from "node:readline/promises";
import type { Command } from "commander";
import { TradewindError } from "../errors.ts";
import { createUser, deleteUser, findUser, listUsers, resetPassword, setRoles } from "../store/users.ts";
import { databaseCommand, onDatabase, type Work } from "./database-command.ts";
import { oneOf } from "./flags.ts";

/** Airflow's roles; nobody signed in is Public. */
const roles = ["Admin", "Op", "User", "Viewer", "Public"];

interface CreateFlags {
  username: string;
  email: string;
  firstname: string;
  lastname: string;
  role: string;
  password?: string;
  useRandomPassword?: boolean;
}

/** The command `airflow` takes a user that is there for made, as Airflow does: scripts make theirs at each start. */
export function addUsersCommands(root: Command, asAirflow: boolean): void {
  const group = root.command("users").description("people who may sign in");
  databaseCommand(group, "create", "make a user")
    .requiredOption("-u, --username <name>", "name to sign in with")
    .requiredOption("-e, --email <address>", "e-mail address")
    .requiredOption("-f, --firstname <name>", "first name")
    .requiredOption("-l, --lastname <name>", "last name")
    .requiredOption("-r, --role <role>", roles.join(", "))
    .option("-p, --password <password>", "asked for when it is not given")
    .option("--use-random-password", "make one up and print it")
    .action(
      onDatabase((work, _, flags: CreateFlags) =>
        asAirflow ? createUnlessThere(work, flags) : create(work, flags),
      ),
    );
  databaseCommand(group, "list", "all users").action(
    onDatabase(async ({ database, session }) =>
      session.rows(
        (await listUsers(database)).map(({ id, username, email, firstName, lastName, roles: has }) => ({
          id,
          username,
          email,
          first_name: firstName,
          last_name: lastName,
          roles: has.join(", "),
        })),
      ),
    ),
  );
  const named = (usage: string, text: string): Command =>
    databaseCommand(group, usage, text)
      .option("-u, --username <name>", "by name")
      .option("-e, --email <address>", "by e-mail address");
  named("delete", "remove a user").action(onDatabase(remove));
  named("reset-password", "give a user another password")
    .option("-p, --password <password>", "asked for when it is not given")
    .option("--use-random-password", "make one up and print it")
    .action(onDatabase(reset));
  named("add-role", "give a user one more role")
    .requiredOption("-r, --role <role>", roles.join(", "))
    .action(onDatabase((work, _, flags: RoleFlags) => changeRole(work, flags, true)));
  named("remove-role", "take a role from a user")
    .requiredOption("-r, --role <role>", roles.join(", "))
    .action(onDatabase((work, _, flags: RoleFlags) => changeRole(work, flags, false)));
}

interface Named {
  username?: string;
  email?: string;
}

interface RoleFlags extends Named {
  role: string;
}

async function createUnlessThere(work: Work, flags: CreateFlags): Promise<void> {
  if ((await findUser(work.database, flags.username)) === null) return create(work, flags);
  work.session.print(`${flags.username} already exist in the db`);
}

async function create(work: Work, flags: CreateFlags): Promise<void> {
  const role = oneOf(flags.role, roles, "--role");
  const password = await passwordOf(work, flags);
  await createUser(
    work.database,
    {
      username: flags.username,
      email: flags.email,
      firstName: flags.firstname,
      lastName: flags.lastname,
      roles: [role],
      password,
    },
    work.now(),
  );
  work.session.print(`User "${flags.username}" created with role "${role}"`);
}

async function remove(work: Work, _: string[], flags: Named): Promise<void> {
  const user = await named(work, flags);
  await deleteUser(work.database, user.username);
  work.session.print(`User "${user.username}" deleted`);
}

async function reset(
  work: Work,
  _: string[],
  flags: Named & { password?: string; useRandomPassword?: boolean },
): Promise<void> {
  const user = await named(work, flags);
  await resetPassword(work.database, user.username, await passwordOf(work, flags), work.now());
  work.session.print(`Password of "${user.username}" changed`);
}

async function changeRole(work: Work, flags: RoleFlags, add: boolean): Promise<void> {
  const role = oneOf(flags.role, roles, "--role");
  const user = await named(work, flags);
  const without = user.roles.filter((has) => has !== role);
  await setRoles(work.database, user.username, add ? [...without, role] : without);
  work.session.print(`User "${user.username}" ${add ? "has" : "has no longer"} the role "${role}"`);
}

async function named(work: Work, flags: Named) {
  const name = flags.username ?? flags.email;
  if (name === undefined) throw new TradewindError("TW_USAGE", "expected --username or --email, got neither");
  const user = await findUser(work.database, name);
  if (user === null)
    throw new TradewindError("TW_USER_NOT_FOUND", `expected a user, got the name ${JSON.stringify(name)}`);
  return user;
}

async function passwordOf(
  work: Work,
  flags: { password?: string; useRandomPassword?: boolean },
): Promise<string> {
  if (flags.password !== undefined) return flags.password;
  if (flags.useRandomPassword) {
    const password = randomBytes(12).toString("base64url");
    work.session.print(`Password: ${password}`);
    return password;
  }
  if (!process.stdin.isTTY)
    throw new TradewindError(
      "TW_USAGE",
      "expected --password or --use-random-password, got neither, and no terminal to ask on",
    );
  const first = await askHidden("Password: ");
  if (first !== (await askHidden("Repeat it: ")))
    throw new TradewindError("TW_USAGE", "the two passwords differ");
  return first;
}

/** Asks on the terminal without showing what is typed. */
async function askHidden(question: string): Promise<string> {
  process.stderr.write(question);
  const muted = new (await import("node:stream")).Writable({ write: (_chunk, _encoding, done) => done() });
  const lines = createInterface({ input: process.stdin, output: muted, terminal: true });
  try {
    return await lines.question("");
  } finally {
    lines.close();
    process.stderr.write("\n");
  }
}
