/** Imports in processes of their own, as the Dag processor and task processes do them. */
import { execFile } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { promisify } from "node:util";
import { describe, expect, it, onTestFinished } from "vitest";
import { textHash, writeSnapshot } from "../../src/runtime/code-snapshot.ts";

const run = promisify(execFile);
const loader = new URL("../../src/runtime/load-dag-file.ts", import.meta.url).href;

function folderOf(files: Record<string, string>): string {
  const folder = mkdtempSync(join(tmpdir(), "tw-load-"));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  for (const [name, text] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, name)), { recursive: true });
    writeFileSync(join(folder, name), text);
  }
  return folder;
}

/** Runs `body` with the loader in a fresh process and gives what it returns. */
async function inProcess(body: string): Promise<unknown> {
  const code = `import { loadDagFileFromDisk, loadDagFileVersion } from ${JSON.stringify(loader)};
import { writeFileSync } from "node:fs";
const result = await (async () => {
${body}
})();
process.stdout.write(JSON.stringify(result, (key, value) => value instanceof Error
  ? { name: value.name, code: value.code, message: value.message, at: value.at, hint: value.hint, stack: value.stack, files: value.files, missing: value.missing, cause: value.cause }
  : value));`;
  const { stdout } = await run(process.execPath, ["--input-type=module", "-e", code]);
  return JSON.parse(stdout);
}

const fromDisk = (folder: string, file: string): Promise<unknown> =>
  inProcess(
    `try { return await loadDagFileFromDisk(${JSON.stringify(folder)}, ${JSON.stringify(file)}); } catch (error) { return error; }`,
  );

describe("from the disk", () => {
  it("gives the exports and the text of every local file that was reached", async () => {
    const files = {
      "dag.ts": 'import { one } from "./lib/one.ts";\nexport const answer: number = one + 1;\n',
      "lib/one.ts":
        'import data from "../data.json" with { type: "json" };\nexport const one: number = data.value;\n',
      "data.json": '{ "value": 41 }',
    };
    expect(await fromDisk(folderOf(files), "dag.ts")).toEqual({ exports: { answer: 42 }, files });
  });

  it("resolves tradewind wherever the file lies, to modules that are there once", async () => {
    const folder = folderOf({
      "dag.ts": 'import { describe } from "tradewind/protocol";\nexport default describe;',
      "good.ts":
        'import * as protocol from "tradewind/protocol";\nexport const version = protocol.protocolVersion;',
    });
    expect(await fromDisk(folder, "good.ts")).toMatchObject({ exports: { version: 1 } });
    expect(await fromDisk(folder, "dag.ts")).toMatchObject({
      cause: { message: expect.stringContaining("describe") },
    });
  });

  it("names the modules that tradewind has when another is imported", async () => {
    const folder = folderOf({ "dag.ts": 'import {} from "tradewind/mll";\nexport {};' });
    expect(await fromDisk(folder, "dag.ts")).toMatchObject({
      cause: { code: "TW_IMPORT_NOT_FOUND", hint: 'did you mean "tradewind/ml"?' },
    });
  });

  it("keeps import.meta.dirname and packages beside the file", async () => {
    const folder = folderOf({
      "dag.ts": 'import { name } from "beside";\nexport const found = [name, import.meta.dirname];',
      "node_modules/beside/package.json": '{ "name": "beside", "type": "module", "exports": "./index.js" }',
      "node_modules/beside/index.js": 'export const name = "beside";',
    });
    expect(await fromDisk(folder, "dag.ts")).toMatchObject({
      exports: { found: ["beside", folder] },
      files: { "dag.ts": expect.anything() },
    });
  });

  it("versions a package of the same workspace like a file of the folder", async () => {
    const folder = folderOf({
      "dags/dag.ts": 'import { name } from "beside";\nexport const found = name;',
      "packages/beside/package.json": '{ "name": "beside", "type": "module", "exports": "./index.ts" }',
      "packages/beside/index.ts": 'export const name: string = "of the workspace";',
    });
    mkdirSync(join(folder, "dags/node_modules"));
    symlinkSync("../../packages/beside", join(folder, "dags/node_modules/beside"));
    expect(await fromDisk(join(folder, "dags"), "dag.ts")).toMatchObject({
      exports: { found: "of the workspace" },
      files: { "../packages/beside/index.ts": expect.anything() },
    });
  });

  it("compiles enums, decorators, namespaces and parameter properties", async () => {
    const folder = folderOf({
      "dag.ts": `enum Level { Low = 1, High }
namespace Deep { export const value = 7; }
const seen: string[] = [];
function note(target: unknown, key?: string | symbol) { seen.push(String(key ?? "class")); }
@note class Thing { @note prop = 1; constructor(private readonly level: Level) {} get() { return this.level; } @note method() {} }
export const found = [new Thing(Level.High).get(), Deep.value, seen.toSorted()];`,
    });
    expect(await fromDisk(folder, "dag.ts")).toMatchObject({
      exports: { found: [2, 7, ["class", "method", "prop"]] },
    });
  });

  it("takes an import of a type that lacks the word type", async () => {
    const folder = folderOf({
      "dag.ts":
        'import { Shape, area } from "./shape.ts";\nconst one: Shape = { side: 3 };\nexport const found = area(one);',
      "shape.ts":
        "export interface Shape { side: number }\nexport const area = (of: Shape): number => of.side ** 2;",
    });
    expect(await fromDisk(folder, "dag.ts")).toMatchObject({ exports: { found: 9 } });
  });

  it("finds lib.ts under the names that people give it, and CommonJS beside ES modules", async () => {
    const folder = folderOf({
      "dag.ts":
        'import { a } from "./a";\nimport { b } from "./b.js";\nimport c from "./c.js";\nimport { d } from "./d";\nexport const found = [a, b, c.c, d];',
      "a.ts": "export const a: number = 1;",
      "b.ts": "export const b: number = 2;",
      "c.js": "const { c } = require('./c2.cjs');\nmodule.exports = { c };",
      "c2.cjs": "module.exports.c = 3;",
      "d/index.ts": "export const d: number = 4;",
    });
    expect(await fromDisk(folder, "dag.ts")).toMatchObject({ exports: { found: [1, 2, 3, 4] } });
  });

  it("says line, column and the likely name when an imported file is not there", async () => {
    const folder = folderOf({
      "dag.ts": '\n  import { a } from "./halper.ts";\nexport const b = a;',
      "helper.ts": "export const a = 1;",
    });
    expect(await fromDisk(folder, "dag.ts")).toMatchObject({
      files: { "dag.ts": expect.anything() },
      missing: [join(folder, "halper.ts")],
      cause: {
        code: "TW_IMPORT_NOT_FOUND",
        message: 'expected a file at "./halper.ts", but there is none',
        hint: 'did you mean "./helper.ts"?',
        at: { file: join(folder, "dag.ts"), line: 2, column: 22 },
      },
    });
  });

  it("reaches what handlers import later by a literal name, and what that imports", async () => {
    const files = {
      "dag.ts": 'export const handler = async () => (await import("./heavy.ts")).work();',
      "heavy.ts": 'import { deep } from "./deep.ts";\nexport const work = () => deep;',
      "deep.ts": "export const deep: number = 1;",
    };
    const folder = folderOf({ ...files, "unrelated.ts": "export {};" });
    expect(await fromDisk(folder, "dag.ts")).toEqual({ exports: {}, files });
  });

  it("imports anew at every call", async () => {
    const folder = folderOf({
      "dag.ts": 'import { one } from "./one.cjs";\nexport const found = one;',
      "one.cjs": "exports.one = 1;",
    });
    const result = await inProcess(`
      const first = await loadDagFileFromDisk(${JSON.stringify(folder)}, "dag.ts");
      writeFileSync(${JSON.stringify(join(folder, "one.cjs"))}, "exports.one = 2;");
      const second = await loadDagFileFromDisk(${JSON.stringify(folder)}, "dag.ts");
      return [first.exports.found, second.exports.found];`);
    expect(result).toEqual([1, 2]);
  });

  it("maps the stack of a compiled file to the original lines", async () => {
    const folder = folderOf({
      "dag.ts":
        'enum Level { Low,\n High }\ninterface Nothing { a: Level }\n\nthrow new Error("from line five");',
    });
    const failure = (await fromDisk(folder, "dag.ts")) as { cause: { stack: string } };
    expect(failure.cause.stack).toMatch(/dag\.ts:5:7/);
  });
});

function versionOf(
  texts: Record<string, string>,
  onDisk: Record<string, string>,
): { folder: string; code: string } {
  const folder = folderOf(onDisk);
  const snapshotFolder = folderOf({});
  const files = Object.fromEntries(Object.entries(texts).map(([name, text]) => [name, textHash(text)]));
  writeSnapshot(
    snapshotFolder,
    Object.values(texts).map((text) => [textHash(text), text]),
  );
  const code = {
    dagsFolder: folder,
    relativeFile: "dag.ts",
    versionHash: textHash(JSON.stringify(files)),
    snapshotFolder,
    files,
    interpreter: "node",
  };
  return { folder, code: JSON.stringify(code) };
}

describe("of a version", () => {
  const old = {
    "dag.ts": 'import { x } from "./lib.ts";\nexport const found = ["old", x, import.meta.dirname];',
    "lib.ts": "export const x: number = 1;",
  };

  it("runs the text of the version at the original place, whatever the disk says now", async () => {
    const { folder, code } = versionOf(old, {
      "dag.ts": "this is being edited",
      "lib.ts": "export const x = 2;",
    });
    expect(await inProcess(`return (await loadDagFileVersion(${code})).exports;`)).toEqual({
      found: ["old", 1, folder],
    });
  });

  it("runs when its files are gone from the disk", async () => {
    const { folder, code } = versionOf(old, {});
    expect(await inProcess(`return (await loadDagFileVersion(${code})).exports;`)).toEqual({
      found: ["old", 1, folder],
    });
  });

  it("holds two versions of one file in one process, and loads each once", async () => {
    const { code } = versionOf(old, {});
    const other = versionOf(
      { "dag.ts": "globalThis.loads = (globalThis.loads ?? 0) + 1;\nexport const found = 'new';" },
      {},
    );
    const result = await inProcess(`
      const first = (await loadDagFileVersion(${code})).exports.found[0];
      const second = (await loadDagFileVersion(${other.code})).exports.found;
      await loadDagFileVersion(${other.code});
      return [first, second, globalThis.loads];`);
    expect(result).toEqual(["old", "new", 1]);
  });

  it("runs what a handler imports later from the version too", async () => {
    const texts = {
      "dag.ts": 'export const handler = async () => (await import("./heavy.ts")).level;',
      "heavy.ts": "enum Level { High = 3 }\nexport const level = Level.High;",
    };
    const { code } = versionOf(texts, { "heavy.ts": "export const level = 'edited';" });
    expect(await inProcess(`return (await loadDagFileVersion(${code})).exports.handler();`)).toBe(3);
  });

  it("says which text is missing", async () => {
    const { code } = versionOf(old, {});
    const broken = JSON.parse(code) as { files: Record<string, string> };
    broken.files["lib.ts"] = textHash("never written");
    const result = await inProcess(
      `try { await loadDagFileVersion(${JSON.stringify(broken)}); } catch (error) { return error.cause; }`,
    );
    expect(result).toMatchObject({ code: "TW_CODE_MISSING", message: expect.stringContaining("lib.ts") });
  });
});
