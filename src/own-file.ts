/**
 * Where a module of ours is, for processes that are started with it: sources run as TypeScript, a build as
 * JavaScript, and whoever starts one must not care.
 *
 * @param base `import.meta.dirname` of the caller
 * @param path relative to it, without an extension: "../runtime/child"
 */
import { join } from "node:path";

const extension = import.meta.filename.endsWith(".ts") ? ".ts" : ".js";

export function ownFile(base: string, path: string): string {
  return join(base, `${path}${extension}`);
}
