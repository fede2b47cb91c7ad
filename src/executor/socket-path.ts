/** Where an executor listens. The address of a Unix socket holds 107 bytes, and homes may lie deeper than that. */
import { createHash } from "node:crypto";
import { chmodSync, mkdirSync } from "node:fs";
import { tmpdir, userInfo } from "node:os";
import { join } from "node:path";

const longestAddress = process.platform === "darwin" ? 103 : 107;

/** Path of the socket `name` of a run folder; in a folder of this user under the temporary one where it is too long. */
export function socketPath(runFolder: string, name: string): string {
  mkdirSync(runFolder, { recursive: true, mode: 0o700 });
  const path = join(runFolder, `${name}.sock`);
  if (Buffer.byteLength(path) <= longestAddress) return path;
  const hash = createHash("sha256").update(runFolder).digest("hex").slice(0, 16);
  const folder = join(tmpdir(), `tradewind-${userInfo().uid}-${hash}`);
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  chmodSync(folder, 0o700);
  return join(folder, `${name}.sock`);
}
