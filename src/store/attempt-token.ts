/**
 * The token of one attempt of a task: whoever has it may track runs and models in its name, as long as it runs.
 *
 * It is the attempt's key and a code of authentication (HMAC-SHA-256, RFC 2104) under a key that is derived from the
 * home folder's, so that any process of the installation can check it and nothing is stored; that the attempt still
 * runs is asked of its row. What it says is no secret: it is made for each attempt, and sealing it would cost ten times
 * as much.
 */
import { createHmac, createSecretKey, type KeyObject, timingSafeEqual } from "node:crypto";
import type { Secrets } from "./secrets.ts";
import type { AttemptKey } from "./tracking/run-origin.ts";

const prefix = "twa_";
const purpose = "attempt-token";

/** Newest first. A key object is made once: from bytes, each code would prepare its key again. */
const keysOf = new WeakMap<Secrets, readonly [KeyObject, ...KeyObject[]]>();

function keys(secrets: Secrets): readonly [KeyObject, ...KeyObject[]] {
  let known = keysOf.get(secrets);
  if (known === undefined) {
    known = secrets.derive(purpose).map((bytes) => createSecretKey(bytes)) as [KeyObject, ...KeyObject[]];
    keysOf.set(secrets, known);
  }
  return known;
}

function codeOf(key: KeyObject, body: string): Buffer {
  return createHmac("sha256", key).update(body).digest();
}

/** `twa_` BODY `.` CODE, both base64url; the body is the JSON of the key's parts. */
export function signAttemptToken(secrets: Secrets, key: AttemptKey): string {
  const { runPk, taskId, mapIndex, attemptId } = key;
  const body = Buffer.from(JSON.stringify([runPk, taskId, mapIndex, attemptId])).toString("base64url");
  return `${prefix}${body}.${codeOf(keys(secrets)[0], body).toString("base64url")}`;
}

export function isAttemptToken(token: string): boolean {
  return token.startsWith(prefix);
}

/** Null for one that was not made here. */
export function readAttemptToken(secrets: Secrets, token: string): AttemptKey | null {
  const [body = "", code = ""] = token.slice(prefix.length).split(".");
  const given = Buffer.from(code, "base64url");
  const fits = (key: KeyObject): boolean => {
    const wanted = codeOf(key, body);
    return given.length === wanted.length && timingSafeEqual(given, wanted);
  };
  if (!isAttemptToken(token) || !keys(secrets).some(fits)) return null;
  const [runPk, taskId, mapIndex, attemptId] = JSON.parse(
    Buffer.from(body, "base64url").toString("utf8"),
  ) as [number, string, number, string];
  return { runPk, taskId, mapIndex, attemptId };
}
