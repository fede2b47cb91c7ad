/**
 * The token of one attempt of a task: whoever has it may track runs and models in its name, as long as it runs.
 *
 * It is the attempt's key, sealed with the key of the home folder, so that any process of the installation can check
 * it and nothing is stored; that the attempt still runs is asked of its row.
 */
import type { Secrets } from "./secrets.ts";
import type { AttemptKey } from "./tracking/run-origin.ts";

const prefix = "twa_";
const place = "attempt-token";

export function sealAttemptToken(secrets: Secrets, key: AttemptKey): string {
  const { runPk, taskId, mapIndex, attemptId } = key;
  return (
    prefix + secrets.seal(JSON.stringify([runPk, taskId, mapIndex, attemptId]), place).toString("base64url")
  );
}

export function isAttemptToken(token: string): boolean {
  return token.startsWith(prefix);
}

/** Null for one that was not made here. */
export function openAttemptToken(secrets: Secrets, token: string): AttemptKey | null {
  try {
    const text = secrets.open(Buffer.from(token.slice(prefix.length), "base64url"), place);
    const [runPk, taskId, mapIndex, attemptId] = JSON.parse(text) as [number, string, number, string];
    return { runPk, taskId, mapIndex, attemptId };
  } catch {
    return null;
  }
}
