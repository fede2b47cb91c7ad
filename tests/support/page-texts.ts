/** Every text of the page that goes through `t`, as its sources have it. */
import { globSync, readFileSync } from "node:fs";
import { join } from "node:path";

const root = join(import.meta.dirname, "../../ui/src");

export function pageTexts(): string[] {
  const found = new Set<string>();
  for (const file of globSync("**/*.{ts,tsx}", { cwd: root })) {
    const source = readFileSync(join(root, file), "utf8");
    for (const [, text] of source.matchAll(/\bt\(\s*"((?:[^"\\]|\\.)*)"/g))
      found.add(JSON.parse(`"${text}"`) as string);
  }
  const states = readFileSync(join(root, "components/state.tsx"), "utf8");
  const names = /const stateNames[^{]*\{([^}]*)\}/s.exec(states)?.[1] ?? "";
  for (const [, text] of names.matchAll(/: "([^"]+)"/g)) found.add(text as string);
  return [...found].sort();
}
