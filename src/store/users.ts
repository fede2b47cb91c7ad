/** People who may sign in. */
import { TradewindError } from "../errors.ts";
import type { Executor } from "./connect.ts";
import { violatedConstraint } from "./database-errors.ts";
import { hashPassword, isPassword } from "./password.ts";
import { instant, sql } from "./sql.ts";

export interface User {
  readonly id: number;
  readonly username: string;
  readonly email: string | null;
  readonly firstName: string;
  readonly lastName: string;
  /** Airflow's: Admin, Op, User, Viewer, Public. */
  readonly roles: string[];
  readonly isActive: boolean;
  readonly createdAt: number;
  /** Sessions and signed tokens from before are no longer accepted; -Infinity: none was ended. */
  readonly signedOutBefore: number;
  readonly lastLogin: number | null;
  readonly loginCount: number;
}

const columns = sql`
  id, username, email, first_name AS "firstName", last_name AS "lastName", roles, is_active AS "isActive",
  created_at AS "createdAt", signed_out_before AS "signedOutBefore", last_login AS "lastLogin",
  login_count AS "loginCount"`;

export interface NewUser {
  readonly username: string;
  readonly email: string | null;
  readonly firstName?: string;
  readonly lastName?: string;
  readonly roles: readonly string[];
  /** Null: signs in by other means only. */
  readonly password: string | null;
}

/** @throws TradewindError TW_USER_EXISTS. */
export async function createUser(executor: Executor, user: NewUser, now: number): Promise<User> {
  const hash = user.password === null ? null : await hashPassword(user.password);
  try {
    const row = await executor.row<User>(sql`
      INSERT INTO app_user (username, email, first_name, last_name, password_hash, roles, created_at)
      VALUES (${user.username}, ${user.email}, ${user.firstName ?? ""}, ${user.lastName ?? ""}, ${hash}, ${user.roles},
        ${instant(now)})
      RETURNING ${columns}`);
    return row as User;
  } catch (error) {
    throw takenName(error, user);
  }
}

/** What it means that somebody has the name or e-mail already; any other error as it is. */
export function takenName(error: unknown, user: Pick<User, "username" | "email">): unknown {
  const constraint = violatedConstraint(error);
  if (constraint !== "app_user_username_key" && constraint !== "app_user_email_key") return error;
  const what = constraint === "app_user_email_key" ? `e-mail ${user.email}` : `name ${user.username}`;
  return new TradewindError("TW_USER_EXISTS", `expected a new user, got the ${what}, which another one has`, {
    cause: error,
  });
}

export async function hasUsers(executor: Executor): Promise<boolean> {
  const row = await executor.row<{ found: boolean }>(sql`SELECT EXISTS (SELECT FROM app_user) AS found`);
  return row?.found === true;
}

export function listUsers(executor: Executor): Promise<User[]> {
  return executor.rows(sql`SELECT ${columns} FROM app_user ORDER BY username`);
}

/** By name or e-mail. */
export function findUser(executor: Executor, name: string): Promise<User | null> {
  return executor.row(sql`
    SELECT ${columns} FROM app_user WHERE username = ${name} OR email = ${name} ORDER BY username <> ${name} LIMIT 1`);
}

function notFound(username: string): TradewindError {
  return new TradewindError(
    "TW_USER_NOT_FOUND",
    `expected a user, got the name ${JSON.stringify(username)}`,
    {
      hint: "`tradewind users list` shows them",
    },
  );
}

/** @throws TradewindError TW_USER_EXISTS. */
export async function updateUser(
  executor: Executor,
  id: number,
  user: Pick<User, "username" | "email" | "firstName" | "lastName" | "roles" | "isActive">,
): Promise<void> {
  try {
    await executor.run(sql`
      UPDATE app_user SET username = ${user.username}, email = ${user.email}, first_name = ${user.firstName},
        last_name = ${user.lastName}, roles = ${user.roles}, is_active = ${user.isActive} WHERE id = ${id}`);
  } catch (error) {
    throw takenName(error, user);
  }
}

/** @throws TradewindError TW_USER_NOT_FOUND. */
export async function deleteUser(executor: Executor, username: string): Promise<void> {
  if ((await executor.run(sql`DELETE FROM app_user WHERE username = ${username}`)) === 0)
    throw notFound(username);
}

/**
 * Sessions and signed tokens from before end with the old password.
 *
 * @throws TradewindError TW_USER_NOT_FOUND.
 */
export async function resetPassword(
  executor: Executor,
  username: string,
  password: string,
  now: number,
): Promise<void> {
  const hash = await hashPassword(password);
  const count = await executor.run(sql`
    UPDATE app_user SET password_hash = ${hash}, signed_out_before = ${instant(now)} WHERE username = ${username}`);
  if (count === 0) throw notFound(username);
}

/** @throws TradewindError TW_USER_NOT_FOUND. */
export async function setRoles(
  executor: Executor,
  username: string,
  roles: readonly string[],
): Promise<void> {
  const count = await executor.run(sql`UPDATE app_user SET roles = ${roles} WHERE username = ${username}`);
  if (count === 0) throw notFound(username);
}

/** A hash that no password has, so that an unknown name costs as much time as a known one. */
let nobodysHash: Promise<string> | undefined;

/** The user when name (or e-mail) and password fit and the user is active, else null. */
export async function authenticate(executor: Executor, name: string, password: string): Promise<User | null> {
  const user = await findUser(executor, name);
  const row =
    user === null
      ? null
      : await executor.row<{ hash: string | null }>(
          sql`SELECT password_hash AS hash FROM app_user WHERE id = ${user.id}`,
        );
  nobodysHash ??= hashPassword("");
  const right = await isPassword(password, row?.hash ?? (await nobodysHash));
  return right && row?.hash !== null && row !== null && user?.isActive === true ? user : null;
}
