/**
 * Structures of versions as answers, ready to be sent. A version never changes, and that of thousands of tasks is megabytes
 * of JSON, which take longer to read than all the rest of a grid.
 */
import type { Database } from "../../store/connect.ts";
import type { DagVersion } from "../../store/dag-versions.ts";
import { structureOf } from "./structure.ts";

/** Characters that are kept; what was asked for longest ago goes first. */
const mostCharacters = 32_000_000;

const known = new WeakMap<Database, Map<number, string>>();

/** The structure as JSON. `read` is asked where the version is not known yet. */
export async function structureText(
  database: Database,
  versionId: number,
  read: () => Promise<DagVersion>,
): Promise<string> {
  const texts = known.get(database) ?? new Map<number, string>();
  known.set(database, texts);
  let text = texts.get(versionId);
  if (text === undefined) {
    const version = await read();
    text = JSON.stringify(structureOf(version.spec, version.versionNumber));
  }
  texts.delete(versionId);
  texts.set(versionId, text);
  let length = [...texts.values()].reduce((sum, one) => sum + one.length, 0);
  for (const [id, one] of texts) {
    if (length <= mostCharacters || id === versionId) break;
    texts.delete(id);
    length -= one.length;
  }
  return text;
}
