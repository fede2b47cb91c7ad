/** Values of XComs as answers hold them: what stands in the row, or in the file that it names. */
import { readFile } from "node:fs/promises";
import { relative } from "node:path";
import { fileURLToPath } from "node:url";
import type { Json } from "../../core/dag-model.ts";
import { maskedValue } from "../../logs/secret-masker.ts";
import type { ApiParts } from "../parts.ts";
import { isSecretName } from "../secret-names.ts";

export interface StoredValue {
  readonly key: string;
  readonly value: Json;
  readonly ref: { readonly uri: string; readonly bytes: number; readonly mediaType: string } | null;
}

/** Larger files are told, not sent: an answer is held in memory whole. */
const largestFile = 32 * 1024 * 1024;

/** Hidden where its key is the name of a secret. The value; for a file that is no JSON, is large, or is gone: where it is, how large, and of which type. */
export async function xcomValue({ config }: ApiParts, { key, value, ref }: StoredValue): Promise<Json> {
  if (isSecretName(config, key)) return maskedValue;
  if (ref === null) return value;
  const path = pathIn(config.paths.artifacts, ref.uri);
  if (path === null || ref.mediaType !== "application/json" || ref.bytes > largestFile) return { ...ref };
  try {
    return JSON.parse(await readFile(path, "utf8")) as Json;
  } catch {
    return { ...ref };
  }
}

/** Only files under the artifact root are opened. */
export function pathIn(root: string, uri: string): string | null {
  if (!uri.startsWith("file:")) return null;
  const path = fileURLToPath(uri);
  const within = relative(root, path);
  return within.startsWith("..") || within === "" ? null : path;
}
