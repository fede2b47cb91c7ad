/** The page of parts names nothing that is not there. */
import { existsSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { expect, it } from "vitest";

const folder = join(import.meta.dirname, "../docs");
const rows = readFileSync(join(folder, "parts.md"), "utf8")
  .split("\n")
  .filter((line) => /^\| \d+ \|/.test(line));

it("the page of parts leads to files that are there, with the tests that it names", () => {
  const missing: string[] = [];
  for (const row of rows)
    for (const [, link = "", rest = ""] of row.matchAll(/\]\(([^)#]+)[^)]*\)([^[]*)/g)) {
      const path = join(folder, link);
      const text = existsSync(path) && statSync(path).isFile() ? readFileSync(path, "utf8") : null;
      if (text === null) missing.push(link);
      for (const [, name = ""] of rest.matchAll(/"([^"]+)"/g))
        if (!text?.includes(name)) missing.push(`${link}: ${name}`);
    }
  expect(missing).toEqual([]);
  expect(rows).toHaveLength(26);
});
