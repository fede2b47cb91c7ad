import { readFileSync } from "node:fs";

/** Version of this package, from its own package.json (one folder up from the sources, two from the build). */
export const version: string = readVersion();

/** Airflow whose REST API and command line ours are like; clients choose by it what they may ask. */
export const airflowVersion = "3.3.2";

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
