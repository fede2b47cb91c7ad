/**
 * Secrets at rest: AES-256-GCM (NIST SP 800-38D) under a key of the home folder's key file.
 *
 * A sealed value is: format 1 (1 byte), key id (4 bytes), nonce (12 bytes), ciphertext, tag (16 bytes). The place
 * where it is stored is authenticated with it, so that a value cannot be moved to another row.
 *
 * The key file holds keys of 32 bytes as base64, one a line; the first seals, all of them open. It is made with
 * mode 0600 when it is first needed. Without it the secrets cannot be read: it belongs into the backup, apart
 * from the database.
 */
import { createCipheriv, createDecipheriv, createHash, hkdfSync, randomBytes } from "node:crypto";
import { existsSync, linkSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";
import { TradewindError } from "../errors.ts";
import type { Executor, Transactor } from "./connect.ts";
import { sql } from "./sql.ts";

const format = 1;
const headerBytes = 5;
const nonceBytes = 12;
const tagBytes = 16;

interface Key {
  readonly id: Buffer;
  readonly bytes: Buffer;
}

export interface Secrets {
  /** `place` is where the value will be, e.g. `variable/KEY`. */
  seal(text: string, place: string): Buffer;
  /** @throws TradewindError TW_SECRET_SEALED when no key of the file opens it, or it was changed or moved. */
  open(sealed: Buffer, place: string): string;
  /** Sealed with another key than the first. */
  isOld(sealed: Buffer): boolean;
  /** Keys of 32 bytes for something else than sealing (HKDF, RFC 5869), one of each key of the file, newest first. */
  derive(purpose: string): readonly Buffer[];
}

function toKey(text: string, file: string, line: number): Key {
  const bytes = Buffer.from(text, "base64");
  if (bytes.length !== 32) {
    throw new TradewindError(
      "TW_SECRET_KEY",
      `expected 32 bytes as base64 in line ${line} of ${file}, got ${bytes.length}`,
      {
        at: { file, line },
      },
    );
  }
  return { bytes, id: createHash("sha256").update(bytes).digest().subarray(0, 4) };
}

function readKeys(file: string): Key[] {
  const lines = readFileSync(file, "utf8").split("\n");
  const keys = lines.flatMap((line, index) =>
    line.trim() === "" ? [] : [toKey(line.trim(), file, index + 1)],
  );
  if (keys.length === 0)
    throw new TradewindError("TW_SECRET_KEY", `expected a key in ${file}, got an empty file`);
  return keys;
}

function newKey(): string {
  return randomBytes(32).toString("base64");
}

/** Written beside and linked: of two processes that make the file at once, one wins and both read the same. */
function createKeyFile(file: string): void {
  mkdirSync(dirname(file), { recursive: true, mode: 0o700 });
  const fresh = `${file}.${process.pid}.${randomBytes(4).toString("hex")}`;
  writeFileSync(fresh, `${newKey()}\n`, { mode: 0o600, flag: "wx", flush: true });
  try {
    linkSync(fresh, file);
  } catch (error) {
    if (!(error instanceof Error && "code" in error && error.code === "EEXIST")) throw error;
  } finally {
    rmSync(fresh, { force: true });
  }
}

/**
 * Reads the key file, and makes it when it is not there.
 *
 * @throws TradewindError TW_SECRET_KEY.
 */
export function loadSecrets(file: string): Secrets {
  let keys: Key[];
  try {
    if (!existsSync(file)) createKeyFile(file);
    keys = readKeys(file);
  } catch (error) {
    if (error instanceof TradewindError) throw error;
    throw new TradewindError(
      "TW_SECRET_KEY",
      `expected to read the key file ${file}, got: ${String(error)}`,
      { cause: error },
    );
  }
  return secretsWith(keys);
}

function secretsWith(keys: readonly Key[]): Secrets {
  const current = keys[0] as Key;
  const keyOf = (sealed: Buffer): Key | undefined =>
    sealed[0] === format ? keys.find(({ id }) => id.equals(sealed.subarray(1, headerBytes))) : undefined;
  return {
    seal(text, place) {
      const nonce = randomBytes(nonceBytes);
      const cipher = createCipheriv("aes-256-gcm", current.bytes, nonce).setAAD(Buffer.from(place));
      const body = Buffer.concat([cipher.update(text, "utf8"), cipher.final()]);
      return Buffer.concat([Buffer.from([format]), current.id, nonce, body, cipher.getAuthTag()]);
    },
    open(sealed, place) {
      const key = keyOf(sealed);
      if (key === undefined) throw unopened(place, "one under a key that is not in the key file");
      const nonce = sealed.subarray(headerBytes, headerBytes + nonceBytes);
      const body = sealed.subarray(headerBytes + nonceBytes, sealed.length - tagBytes);
      const decipher = createDecipheriv("aes-256-gcm", key.bytes, nonce, { authTagLength: tagBytes })
        .setAAD(Buffer.from(place))
        .setAuthTag(sealed.subarray(sealed.length - tagBytes));
      try {
        return Buffer.concat([decipher.update(body), decipher.final()]).toString("utf8");
      } catch (error) {
        throw unopened(place, "one that was changed, or belongs to another place", error);
      }
    },
    isOld: (sealed) => keyOf(sealed) !== current,
    derive: (purpose) =>
      keys.map(({ bytes }) => Buffer.from(hkdfSync("sha256", bytes, "tradewind", purpose, 32))),
  };
}

function unopened(place: string, got: string, cause?: unknown): TradewindError {
  return new TradewindError("TW_SECRET_SEALED", `expected to open the secret of ${place}, got ${got}`, {
    cause,
    hint: "put back the secret.key that was in the home folder when it was set, or set the value again",
  });
}

/** Places of the tables that hold secrets. */
export const variablePlace = (key: string): string => `variable/${key}`;
export const passwordPlace = (connId: string): string => `connection/${connId}/password`;
export const extraPlace = (connId: string): string => `connection/${connId}/extra`;
export const alertRulePlace = (ruleId: string): string => `alert-rule/${ruleId}/url`;
export const webhookPlace = (webhookId: string): string => `webhook/${webhookId}/secret`;

export interface Rotation {
  readonly variables: number;
  readonly connections: number;
}

/**
 * Puts a new key in front, seals everything again under it, and then forgets the old keys. When it is
 * interrupted, the old keys are still in the file and the next rotation finishes the work.
 */
export async function rotateSecrets(database: Transactor, file: string): Promise<Rotation> {
  loadSecrets(file);
  const old = readFileSync(file, "utf8").trim();
  const fresh = newKey();
  replaceFile(file, `${fresh}\n${old}\n`);
  const rotation = await database.transaction((tx) => sealAgain(tx, loadSecrets(file)));
  replaceFile(file, `${fresh}\n`);
  return rotation;
}

function replaceFile(file: string, text: string): void {
  const fresh = `${file}.${process.pid}.new`;
  writeFileSync(fresh, text, { mode: 0o600, flush: true });
  renameSync(fresh, file);
}

/** Writers wait for the end: one that sealed with an old key meanwhile would be forgotten. */
async function sealAgain(tx: Executor, secrets: Secrets): Promise<Rotation> {
  await tx.run(sql`LOCK TABLE variable, connection, webhook IN SHARE ROW EXCLUSIVE MODE`);
  const again = (sealed: Buffer | null, place: string): Buffer | null =>
    sealed === null ? null : secrets.seal(secrets.open(sealed, place), place);
  const variables = await tx.rows<{ key: string; value: Buffer }>(sql`SELECT key, value FROM variable`);
  for (const { key, value } of variables) {
    await tx.run(sql`UPDATE variable SET value = ${again(value, variablePlace(key))} WHERE key = ${key}`);
  }
  const connections = await tx.rows<{ id: string; password: Buffer | null; extra: Buffer | null }>(
    sql`SELECT conn_id AS id, password, extra FROM connection`,
  );
  for (const { id, password, extra } of connections) {
    await tx.run(sql`
      UPDATE connection SET password = ${again(password, passwordPlace(id))}, extra = ${again(extra, extraPlace(id))}
      WHERE conn_id = ${id}`);
  }
  const webhooks = await tx.rows<{ id: string; secret: Buffer }>(
    sql`SELECT webhook_id AS id, secret FROM webhook WHERE secret IS NOT NULL`,
  );
  for (const { id, secret } of webhooks)
    await tx.run(
      sql`UPDATE webhook SET secret = ${again(secret, webhookPlace(id))} WHERE webhook_id = ${id}`,
    );
  const rules = await tx.rows<{ id: string; url: Buffer }>(
    sql`SELECT rule_id AS id, url FROM metric_alert_rule WHERE url IS NOT NULL FOR UPDATE`,
  );
  for (const { id, url } of rules)
    await tx.run(
      sql`UPDATE metric_alert_rule SET url = ${again(url, alertRulePlace(id))} WHERE rule_id = ${id}`,
    );
  return { variables: variables.length, connections: connections.length };
}
