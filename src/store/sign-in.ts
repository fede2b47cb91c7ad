/** Signing in with a name and a password, slower after each failure; and by an OpenID provider. */
import type { Executor } from "./connect.ts";
import { instant, sql } from "./sql.ts";
import { takenName, type User } from "./users.ts";

/** Failures that cost nothing; after them the wait doubles from one second up to five minutes. */
const freeFailures = 5;
const longestWaitSeconds = 300;
/** Failures older than this are forgotten. */
const memorySeconds = 3600;

/** Milliseconds that these have to wait before the next try: 0 when they may try now. */
export async function signInWait(executor: Executor, who: readonly string[], now: number): Promise<number> {
  const row = await executor.row<{ until: number | null }>(sql`
    SELECT max(latest_at + make_interval(secs => least(${longestWaitSeconds}, 2 ^ (failures - ${freeFailures})))) AS until
    FROM failed_sign_in
    WHERE who = ANY (${who}::text[]) AND failures >= ${freeFailures}
      AND latest_at > ${instant(now)}::timestamptz - make_interval(secs => ${memorySeconds})`);
  return Math.max(0, (row?.until ?? 0) - now);
}

export async function noteFailedSignIn(
  executor: Executor,
  who: readonly string[],
  now: number,
): Promise<void> {
  await executor.run(sql`
    WITH gone AS (
      DELETE FROM failed_sign_in
      WHERE latest_at < ${instant(now)}::timestamptz - make_interval(secs => ${memorySeconds}) AND who <> ALL (${who}::text[])
    )
    INSERT INTO failed_sign_in AS f (who, failures, latest_at)
    SELECT who, 1, ${instant(now)} FROM unnest(${who}::text[]) AS who ORDER BY who
    ON CONFLICT (who) DO UPDATE SET latest_at = excluded.latest_at,
      failures = CASE
        WHEN f.latest_at < excluded.latest_at - make_interval(secs => ${memorySeconds}) THEN 1
        ELSE least(f.failures + 1, 1000) END`);
}

/** The last one of `who` succeeded; an address keeps what others failed from it. */
export async function noteSignIn(
  executor: Executor,
  userId: number,
  who: string,
  now: number,
): Promise<void> {
  await executor.run(sql`
    WITH cleared AS (DELETE FROM failed_sign_in WHERE who = ${who})
    UPDATE app_user SET last_login = ${instant(now)}, login_count = login_count + 1 WHERE id = ${userId}`);
}

type SignedInExternally = Pick<User, "id" | "username" | "isActive">;

/**
 * Whoever the provider vouches for: made at the first sign-in, and given the roles that it names at each.
 *
 * @throws TradewindError TW_USER_EXISTS when another user has the name or the e-mail.
 */
export async function signInExternally(
  executor: Executor,
  person: {
    externalId: string;
    username: string;
    email: string | null;
    firstName: string;
    lastName: string;
    /** Null: those that the user has, `defaultRole` for a new one. */
    roles: readonly string[] | null;
    defaultRole: string;
  },
  now: number,
): Promise<SignedInExternally> {
  const first = person.roles ?? [person.defaultRole];
  const statement = sql`
    INSERT INTO app_user AS u (username, email, first_name, last_name, roles, created_at, external_id, last_login, login_count)
    VALUES (${person.username}, ${person.email}, ${person.firstName}, ${person.lastName}, ${first}, ${instant(now)},
      ${person.externalId}, ${instant(now)}, 1)
    ON CONFLICT (external_id) DO UPDATE SET last_login = excluded.last_login, login_count = u.login_count + 1,
      first_name = excluded.first_name, last_name = excluded.last_name, roles = coalesce(${person.roles}::text[], u.roles)
    RETURNING id, username, is_active AS "isActive"`;
  try {
    return (await executor.row<SignedInExternally>(statement)) as SignedInExternally;
  } catch (error) {
    // Whoever has the name here would otherwise be anybody who has it at the provider.
    throw takenName(error, person);
  }
}
