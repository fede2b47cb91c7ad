import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { describe, expect, it, onTestFinished } from "vitest";
import { findDagFiles, mayDefineDag } from "../../src/dag-processor/find-dag-files.ts";
import type { IgnoreSyntax } from "../../src/dag-processor/ignore-rules.ts";

async function found(files: Record<string, string>, syntax: IgnoreSyntax = "glob") {
  const folder = mkdtempSync(join(tmpdir(), "tw-find-"));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  for (const [name, text] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, name)), { recursive: true });
    writeFileSync(join(folder, name), text);
  }
  const { files: list, folders, complaints } = await findDagFiles(folder, syntax);
  return {
    names: list.map((file) => file.relativeFile),
    folders: folders.map((one) => one.slice(folder.length)),
    complaints,
  };
}

describe("the files of a Dags folder", () => {
  it("are TypeScript, JavaScript and Python modules, without declarations, packages and hidden folders", async () => {
    const files = [
      "b.ts",
      "a.mts",
      "c.js",
      "d.mjs",
      "e.cts",
      "f.py",
      "g.d.ts",
      "h.json",
      ".hidden.ts",
      ".git/x.ts",
      "node_modules/p/x.ts",
      "s/__pycache__/x.ts",
    ];
    expect((await found(Object.fromEntries(files.map((name) => [name, ""])))).names).toEqual([
      "a.mts",
      "b.ts",
      "c.js",
      "d.mjs",
      "f.py",
    ]);
  });

  it("are left out where .airflowignore says so, in its folder and below", async () => {
    const { names, folders } = await found({
      ".airflowignore": "drafts/\n*_test.ts\n",
      "drafts/a.ts": "",
      "b_test.ts": "",
      "team/.airflowignore": "/private.ts\n!kept_test.ts",
      "team/private.ts": "",
      "team/kept_test.ts": "",
      "team/sub/private.ts": "",
      "private.ts": "",
    });
    expect(names).toEqual(["private.ts", "team/kept_test.ts", "team/sub/private.ts"]);
    expect(folders).not.toContain("/drafts");
  });

  it("are matched by regular expressions where the setting says so", async () => {
    const { names, complaints } = await found(
      { ".airflowignore": "team_[ab]\n[", "team_a/x.ts": "", "team_c/x.ts": "" },
      "regexp",
    );
    expect(names).toEqual(["team_c/x.ts"]);
    expect(complaints).toEqual([expect.stringMatching(/^\.airflowignore:2: /)]);
  });

  it.skipIf(process.getuid?.() === 0)("do not fail for a folder that may not be read", async () => {
    const folder = mkdtempSync(join(tmpdir(), "tw-find-"));
    mkdirSync(join(folder, "locked"), { mode: 0 });
    onTestFinished(() => {
      chmodSync(join(folder, "locked"), 0o700);
      rmSync(folder, { recursive: true });
    });
    const { complaints } = await findDagFiles(folder, "glob");
    expect(complaints).toEqual([expect.stringContaining("locked cannot be read")]);
  });

  it("may define a Dag when they mention both words", () => {
    expect(mayDefineDag('import { Dag } from "tradewind";')).toBe(true);
    expect(mayDefineDag("export class Dag {}")).toBe(false);
    expect(mayDefineDag('import {} from "tradewind";')).toBe(false);
  });
});
