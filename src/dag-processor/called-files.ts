/**
 * Files of the other language that a Dag's tasks call, with the local modules that they import: their texts belong to the
 * version. Imports are read off the text, since nothing of that language runs here.
 */
import { readFileSync } from "node:fs";
import { dirname, join, relative, resolve, sep } from "node:path";
import type { DagSpec, TaskSpec } from "../core/dag-model.ts";
import { nearest } from "../did-you-mean.ts";
import { TradewindError } from "../errors.ts";

const imported =
  /^[ \t]*(?:from[ \t]+(\.*[\w.]*)[ \t]+import\b|import[ \t]+([\w.]+(?:[ \t]*,[ \t]*[\w.]+)*))/gm;
const defined = /^(?:async[ \t]+)?(?:def|class)[ \t]+(\w+)|^(\w+)[ \t]*=/gm;

/**
 * Adds them to `files`, by path relative to the Dags folder.
 *
 * @throws TradewindError TW_HANDLER_INVALID where the file is not there, or has no such function.
 */
export function addCalledPythonFiles(
  spec: DagSpec,
  dagsFolder: string,
  files: { [relativeFile: string]: string },
): void {
  const folder = dirname(resolve(dagsFolder, spec.relativeFile));
  for (const task of spec.tasks) {
    if (task.call?.language !== "python") continue;
    const path = join(folder, task.call.file);
    const text = textOf(path);
    if (text === null)
      throw refuse(
        spec,
        task,
        dagsFolder,
        `expected the Python file ${path} of task "${task.taskId}", but it is not there`,
      );
    checkFunction(spec, task, dagsFolder, text);
    add(path, text, [dirname(path), dagsFolder], dagsFolder, files);
  }
}

function checkFunction(spec: DagSpec, task: TaskSpec, dagsFolder: string, text: string): void {
  const { file = "", function: name } = task.call ?? {};
  if (name === undefined) return;
  const names = [...text.matchAll(defined)].map((found) => found[1] ?? found[2] ?? "");
  // What it imports from elsewhere may be called, too; only a run can tell.
  if (names.includes(name) || new RegExp(`\\bimport\\b.*(?:\\b${name}\\b|\\*)`).test(text)) return;
  const near = nearest(name, names);
  throw refuse(
    spec,
    task,
    dagsFolder,
    `expected ${file} to define the function "${name}" of task "${task.taskId}"${near === null ? `, it defines ${names.join(", ") || "none"}` : ""}`,
    near === null ? undefined : `did you mean "${near}"?`,
  );
}

function refuse(
  spec: DagSpec,
  task: TaskSpec,
  dagsFolder: string,
  message: string,
  hint?: string,
): TradewindError {
  const file = resolve(dagsFolder, spec.relativeFile);
  return new TradewindError("TW_HANDLER_INVALID", message, {
    at: task.line === undefined ? { file } : { file, line: task.line },
    hint,
  });
}

function add(
  path: string,
  text: string,
  folders: readonly string[],
  dagsFolder: string,
  files: { [relativeFile: string]: string },
): void {
  const name = relative(dagsFolder, path).split(sep).join("/");
  if (files[name] !== undefined) return;
  files[name] = text;
  for (const module of modulesOf(text)) {
    const above = /^\.*/.exec(module)?.[0].length ?? 0;
    const bases = above === 0 ? folders : [resolve(dirname(path), ...Array<string>(above - 1).fill(".."))];
    const parts = module
      .slice(above)
      .split(".")
      .filter((part) => part !== "");
    for (const base of bases)
      for (const candidate of [`${join(base, ...parts)}.py`, join(base, ...parts, "__init__.py")]) {
        const found = parts.length === 0 && !candidate.endsWith("__init__.py") ? null : textOf(candidate);
        if (found !== null) add(candidate, found, folders, dagsFolder, files);
      }
  }
}

function modulesOf(text: string): string[] {
  return [...text.matchAll(imported)].flatMap((found) =>
    found[1] === undefined ? (found[2] ?? "").split(",").map((one) => one.trim()) : [found[1]],
  );
}

function textOf(path: string): string | null {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return null;
  }
}
