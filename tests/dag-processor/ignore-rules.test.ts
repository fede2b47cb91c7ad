import { describe, expect, it } from "vitest";
import { type IgnoreSyntax, isIgnored, parseIgnoreFile } from "../../src/dag-processor/ignore-rules.ts";

const complaints: string[] = [];
const rules = (text: string, base = "", syntax: IgnoreSyntax = "glob") =>
  parseIgnoreFile(text, base, syntax, (line, problem) => complaints.push(`${line}: ${problem}`));

describe("globs", () => {
  it.each([
    ["*.js", "a/b.js", true],
    ["*.js", "a/b.jsx", false],
    ["helpers", "x/helpers", true],
    ["/helpers", "x/helpers", false],
    ["/helpers", "helpers", true],
    ["x/*.ts", "x/a.ts", true],
    ["x/*.ts", "y/x/a.ts", false],
    ["x/*.ts", "x/y/a.ts", false],
    ["**/x/*.ts", "y/x/a.ts", true],
    ["x/**", "x/y/a.ts", true],
    ["a/**/b.ts", "a/b.ts", true],
    ["a/**/b.ts", "a/1/2/b.ts", true],
    ["a?.ts", "ab.ts", true],
    ["a?.ts", "a/.ts", false],
    ["[ab].ts", "a.ts", true],
    ["[!ab].ts", "a.ts", false],
    ["a.ts  ", "a.ts", true],
    ["# a.ts", "a.ts", false],
    ["\\#a.ts", "#a.ts", true],
    ["a+b(1).ts", "a+b(1).ts", true],
  ])("%s on %s: %s", (pattern, path, expected) => {
    expect(isIgnored(path, false, rules(pattern))).toBe(expected);
  });

  it("let the last one decide, and take back with an exclamation mark", () => {
    expect(isIgnored("keep.ts", false, rules("*.ts\n!keep.ts"))).toBe(false);
    expect(isIgnored("keep.ts", false, rules("!keep.ts\n*.ts"))).toBe(true);
  });

  it("with a slash at the end mean folders", () => {
    expect(isIgnored("lib", true, rules("lib/"))).toBe(true);
    expect(isIgnored("lib", false, rules("lib/"))).toBe(false);
  });

  it("count from the folder of their file", () => {
    expect(isIgnored("sub/a.ts", false, rules("/a.ts", "sub"))).toBe(true);
    expect(isIgnored("sub/b/a.ts", false, rules("/a.ts", "sub"))).toBe(false);
  });
});

describe("regular expressions", () => {
  it("are searched in the path below the Dags folder, comments left out", () => {
    expect(isIgnored("a/project_b/c.ts", false, rules("project_[ab]  # both", "", "regexp"))).toBe(true);
    expect(isIgnored("a/c.ts", false, rules("# all\n", "", "regexp"))).toBe(false);
  });

  it("that are none are reported with their line, and left out", () => {
    expect(rules("fine\n(", "", "regexp")).toHaveLength(1);
    expect(complaints).toEqual([expect.stringMatching(/^2: .*Unterminated group/)]);
  });
});
