/** Sessions of the page and tokens of programs. A secret is given in as text and kept as its SHA-256. */
import { createHash } from "node:crypto";
import type { Executor } from "./connect.ts";
import { instant, sql } from "./sql.ts";

export interface SignedInUser {
  readonly id: number;
  readonly username: string;
  readonly roles: string[];
}

function hashOf(secret: string): Buffer {
  return createHash("sha256").update(secret).digest();
}

const user = sql`u.id, u.username, u.roles`;

export async function addSession(
  executor: Executor,
  session: { secret: string; userId: number; expiresAt: number },
  now: number,
): Promise<void> {
  await executor.run(sql`
    WITH gone AS (DELETE FROM app_session WHERE expires_at < ${instant(now)})
    INSERT INTO app_session (id_hash, user_id, created_at, expires_at)
    VALUES (${hashOf(session.secret)}, ${session.userId}, ${instant(now)}, ${instant(session.expiresAt)})`);
}

/** The user of a session that has not expired, and who is active. */
export function findSession(
  executor: Executor,
  secret: string,
  now: number,
): Promise<(SignedInUser & { expiresAt: number }) | null> {
  return executor.row(sql`
    SELECT ${user}, s.expires_at AS "expiresAt" FROM app_session s JOIN app_user u ON u.id = s.user_id
    WHERE s.id_hash = ${hashOf(secret)} AND s.expires_at > ${instant(now)}
      AND u.is_active AND s.created_at >= u.signed_out_before`);
}

export async function endSession(executor: Executor, secret: string): Promise<void> {
  await executor.run(sql`DELETE FROM app_session WHERE id_hash = ${hashOf(secret)}`);
}

/** The active user to whom a signed token was given at `issuedAt`, unless it was taken back. */
export function findUserOfSignedToken(
  executor: Executor,
  token: { userId: number; jti: string; issuedAt: number },
): Promise<SignedInUser | null> {
  return executor.row(sql`
    SELECT ${user} FROM app_user u
    WHERE u.id = ${token.userId} AND u.is_active AND u.signed_out_before <= ${instant(token.issuedAt)}
      AND NOT EXISTS (SELECT FROM revoked_token r WHERE r.jti = ${token.jti})`);
}

export async function revokeSignedToken(
  executor: Executor,
  token: { jti: string; expiresAt: number },
  now: number,
): Promise<void> {
  await executor.run(sql`
    WITH gone AS (DELETE FROM revoked_token WHERE expires_at < ${instant(now)})
    INSERT INTO revoked_token (jti, expires_at) VALUES (${token.jti}, ${instant(token.expiresAt)})
    ON CONFLICT DO NOTHING`);
}

export interface ApiTokenRow {
  readonly id: number;
  readonly name: string;
  readonly scopes: string[] | null;
  readonly createdAt: number;
  readonly expiresAt: number | null;
  readonly lastUsedAt: number | null;
}

const tokenColumns = sql`
  id, name, scopes, created_at AS "createdAt", expires_at AS "expiresAt", last_used_at AS "lastUsedAt"`;

export async function addApiToken(
  executor: Executor,
  token: {
    secret: string;
    userId: number;
    name: string;
    scopes: readonly string[] | null;
    expiresAt: number | null;
  },
  now: number,
): Promise<ApiTokenRow> {
  const row = await executor.row<ApiTokenRow>(sql`
    INSERT INTO api_token (user_id, name, token_hash, scopes, created_at, expires_at)
    VALUES (${token.userId}, ${token.name}, ${hashOf(token.secret)}, ${token.scopes}, ${instant(now)},
      ${instant(token.expiresAt)})
    RETURNING ${tokenColumns}`);
  return row as ApiTokenRow;
}

export function listApiTokens(executor: Executor, userId: number): Promise<ApiTokenRow[]> {
  return executor.rows(sql`SELECT ${tokenColumns} FROM api_token WHERE user_id = ${userId} ORDER BY id`);
}

/** True when the user had it. */
export async function deleteApiToken(executor: Executor, userId: number, id: number): Promise<boolean> {
  return (await executor.run(sql`DELETE FROM api_token WHERE id = ${id} AND user_id = ${userId}`)) === 1;
}

/** The active user of a token that has not expired. Notes the use, once a minute at most. */
export function findUserOfApiToken(
  executor: Executor,
  secret: string,
  now: number,
): Promise<(SignedInUser & { scopes: string[] | null }) | null> {
  return executor.row(sql`
    WITH found AS (
      SELECT id, user_id, scopes, last_used_at FROM api_token
      WHERE token_hash = ${hashOf(secret)} AND (expires_at IS NULL OR expires_at > ${instant(now)})
    ), used AS (
      UPDATE api_token t SET last_used_at = ${instant(now)} FROM found f
      WHERE t.id = f.id AND (f.last_used_at IS NULL OR f.last_used_at < ${instant(now - 60_000)})
    )
    SELECT ${user}, f.scopes FROM found f JOIN app_user u ON u.id = f.user_id WHERE u.is_active`);
}
