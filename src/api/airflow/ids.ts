/** Ids that Airflow's clients expect to be UUIDs, made of ours: the same row always has the same one. */
import { createHash } from "node:crypto";

/** A UUID of version 8 (RFC 9562 §5.8): the first bytes of a digest of the words. */
function uuidOf(...words: (string | number)[]): string {
  const bytes = createHash("sha256").update(words.join("\n")).digest().subarray(0, 16);
  bytes[6] = ((bytes[6] ?? 0) & 0x0f) | 0x80;
  bytes[8] = ((bytes[8] ?? 0) & 0x3f) | 0x80;
  const hex = bytes.toString("hex");
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16, 20)}-${hex.slice(20)}`;
}

export const versionUuid = (versionId: number): string => uuidOf("dag_version", versionId);

/** Airflow's is new for each try, as an attempt's is; before the first attempt there is only the place. */
export function instanceUuid(at: {
  readonly attemptId: string | null;
  readonly runPk: number;
  readonly taskId: string;
  readonly mapIndex: number;
}): string {
  return at.attemptId ?? uuidOf("task_instance", at.runPk, at.taskId, at.mapIndex);
}
