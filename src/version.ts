import { readFileSync } from "node:fs";

/** Version of this package, from its own package.json (one folder up from the sources, two from the build). */
export const version: string = readVersion();

function readVersion(): string {
  for (const path of ["../package.json", "../../package.json"]) {
    try {
      const parsed = JSON.parse(readFileSync(new URL(path, import.meta.url), "utf8")) as {
        name: string;
        version: string;
      };
      if (parsed.name === "tradewind") return parsed.version;
    } catch {
      // Not there: it is the other layout.
    }
  }
  return "0.0.0";
}
