import type { DagSpec } from "../core/dag-model.ts";
import { textHash } from "../runtime/code-snapshot.ts";
import type { ImportAnswer } from "./import-messages.ts";
import type { ImportedDag } from "./outcome.ts";

/** Names a version of a Dag: its serialized form together with the text of all files that it was made of. */
export function versionHash(spec: DagSpec, files: { readonly [relativeFile: string]: string }): string {
  const sorted = Object.entries(files).sort(([a], [b]) => (a < b ? -1 : 1));
  return textHash(JSON.stringify([spec, sorted]));
}

/** The Dags of an import, each with the hash of its version and the texts behind it. */
export function importedDags(answer: ImportAnswer): ImportedDag[] {
  const texts = new Map<string, string>();
  const files: { [relativeFile: string]: string } = {};
  for (const [name, text] of Object.entries(answer.files)) {
    const hash = textHash(text);
    texts.set(hash, text);
    files[name] = hash;
  }
  return answer.dags.map((dag) => ({
    ...dag,
    hash: versionHash(dag.spec, files),
    files,
    texts,
    interpreter: answer.interpreter ?? "node",
  }));
}
