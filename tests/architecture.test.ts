/**
 * The law of the house, held by reading the sources: who may import whom, no cycles, one door to the clock and
 * to the environment, SQL in the store only, files within their budget, the error catalogue equal to its page.
 */
import { globSync, readFileSync } from "node:fs";
import { dirname, join, relative, resolve } from "node:path";
import { describe, expect, it } from "vitest";
import { errorCatalogue } from "../src/error-catalogue.ts";

const root = join(import.meta.dirname, "..");
const read = (file: string): string => readFileSync(join(root, file), "utf8");
const sources = globSync("src/**/*.ts", { cwd: root })
  .map((file) => file.replaceAll("\\", "/"))
  .sort();
const withoutComments = (text: string): string =>
  text.replace(/\/\*[\s\S]*?\*\//g, (block) => block.replace(/[^\n]/g, " ")).replace(/(^|\s)\/\/.*$/gm, "$1");

/** Area → areas that it may import besides itself. A type-only import of another area's words is an import too. */
const allowed: Record<string, readonly string[]> = {
  core: ["base"],
  sdk: ["base", "core", "runtime/protocol", "providers"],
  testing: ["base", "core", "sdk", "runtime", "runtime/protocol"],
  store: ["base", "core", "runtime/protocol"],
  runtime: ["base", "core", "sdk", "runtime/protocol", "index"],
  logs: ["base", "core", "runtime/protocol"],
  executor: ["base", "core", "runtime", "runtime/protocol", "logs"],
  "runtime/protocol": ["base", "core"],
  "dag-processor": ["base", "core", "runtime", "runtime/protocol", "sdk"],
  scheduler: [
    "base",
    "core",
    "sdk",
    "store",
    "executor",
    "runtime",
    "runtime/protocol",
    "logs",
    "observe",
    "openlineage",
  ],
  openlineage: ["base", "core"],
  triggerer: ["base", "core", "store", "executor", "runtime/protocol", "scheduler"],
  observe: ["base", "core"],
  providers: ["base", "core", "sdk", "runtime/protocol"],
  ml: ["base", "core", "store", "sdk", "artifacts"],
  artifacts: ["base", "core"],
  api: ["base", "core", "store", "logs", "scheduler", "ml", "providers", "artifacts"],
  index: ["base", "core", "sdk", "providers"],
  cli: ["*"],
};

/** Files directly under src are the base everybody may use; a few are areas of their own. */
function areaOf(file: string): string {
  const parts = file.split("/");
  if (file === "src/index.ts") return "index";
  if (file === "src/metrics.ts" || file === "src/traces.ts" || file === "src/server.ts")
    return file === "src/server.ts" ? "cli" : "observe";
  if (file.startsWith("src/runtime/protocol") || file === "src/runtime/frames.ts") return "runtime/protocol";
  return parts.length === 2 ? "base" : (parts[1] as string);
}

function importsOf(file: string): string[] {
  const text = withoutComments(read(file));
  return [...text.matchAll(/(?:from|import)\s*\(?\s*["']([^"']+)["']/g)].map((match) => match[1] as string);
}

const localImports = (file: string): string[] =>
  importsOf(file)
    .filter((specifier) => specifier.startsWith("."))
    .map((specifier) => relative(root, resolve(root, dirname(file), specifier)).replaceAll("\\", "/"));

describe("the dependency law", () => {
  it("lets each area import only what stands below it", () => {
    const broken: string[] = [];
    for (const file of sources) {
      const area = areaOf(file);
      const may = area === "base" ? ["base"] : allowed[area];
      if (!may) broken.push(`${file}: area ${area} is not in the law`);
      else if (!may.includes("*"))
        for (const target of localImports(file)) {
          const other = areaOf(target);
          if (other !== area && !may.includes(other))
            broken.push(`${file} imports ${target} (${area} -> ${other})`);
        }
    }
    expect(broken).toEqual([]);
  });

  it("has no cycles between files at run time", () => {
    const graph = new Map(sources.map((file) => [file, runtimeImports(file)]));
    expect(findCycle(graph)).toBeNull();
  });

  it("keeps core and sdk free of Node and of databases", () => {
    const broken = sources
      .filter((file) => file.startsWith("src/core/") || file.startsWith("src/sdk/"))
      .flatMap((file) =>
        importsOf(file)
          .filter((name) => name.startsWith("node:") || name === "pg")
          .filter((name) => !(file === "src/sdk/context.ts" && name === "node:async_hooks"))
          .map((name) => `${file} imports ${name}`),
      );
    expect(broken).toEqual([]);
  });
});

/** Only edges that exist at run time: type imports are erased. */
function runtimeImports(file: string): string[] {
  const text = withoutComments(read(file))
    .replace(/import\s+type[\s\S]*?from\s*["'][^"']+["']/g, "")
    .replace(/export\s+type\s*\{[\s\S]*?from\s*["'][^"']+["']/g, "");
  return [...text.matchAll(/(?:^|\n)\s*(?:import|export)\b(?:[^"';]*?from)?\s*["'](\.[^"']+)["']/g)].map(
    (match) => relative(root, resolve(root, dirname(file), match[1] as string)).replaceAll("\\", "/"),
  );
}

function findCycle(graph: Map<string, string[]>): string[] | null {
  const done = new Set<string>();
  const path: string[] = [];
  const visit = (file: string): string[] | null => {
    if (path.includes(file)) return [...path.slice(path.indexOf(file)), file];
    if (done.has(file)) return null;
    path.push(file);
    for (const next of graph.get(file) ?? []) {
      const cycle = visit(next);
      if (cycle) return cycle;
    }
    path.pop();
    done.add(file);
    return null;
  };
  for (const file of graph.keys()) {
    const cycle = visit(file);
    if (cycle) return cycle;
  }
  return null;
}

describe("the doors to the outside", () => {
  const offenders = (pattern: RegExp, except: (file: string) => boolean): string[] =>
    sources
      .filter((file) => !except(file))
      .flatMap((file) =>
        withoutComments(read(file))
          .split("\n")
          .flatMap((line, index) => (pattern.test(line) ? [`${file}:${index + 1} ${line.trim()}`] : [])),
      );

  it("has one clock", () => {
    expect(
      offenders(
        /\bDate\.now\(\)|\bnew Date\(\)|(?<![.\w])set(Timeout|Interval)\(/,
        (file) => file === "src/time.ts",
      ),
    ).toEqual([]);
  });

  it("reads the environment in config.ts only, and in the children the environment that they were given", () => {
    expect(
      offenders(/\bprocess\.env\b/, (file) =>
        ["src/config.ts", "src/runtime/environment.ts", "src/ml/tracking/environment.ts"].includes(file),
      ),
    ).toEqual([]);
  });

  it("keeps randomness out of decisions", () => {
    expect(
      offenders(/\bMath\.random\b/, (file) => !file.startsWith("src/core/") && !file.startsWith("src/ml/")),
    ).toEqual([]);
  });

  it("writes SQL in the store only", () => {
    const sql = /["'`]\s*(SELECT\s.+\sFROM|INSERT INTO|UPDATE\s+\w+\s+SET|DELETE FROM|CREATE TABLE)\b/;
    expect(
      offenders(sql, (file) => file.startsWith("src/store/") || file.startsWith("src/providers/")),
    ).toEqual([]);
  });
});

describe("the budgets", () => {
  it("keeps every file under 600 lines", () => {
    const big = globSync("{src,tests,bench,scripts,bin,examples}/**/*.{ts,mjs}", { cwd: root })
      .filter((file) => !file.includes("node_modules"))
      .map((file) => ({ file, lines: read(file).split("\n").length }))
      .filter(({ lines }) => lines > 600);
    expect(big).toEqual([]);
  });

  it("has no drawer for everything", () => {
    expect(sources.filter((file) => /\/(utils?|helpers?|common|misc)(\.ts|\/)/.test(file))).toEqual([]);
  });
});

describe("the error catalogue", () => {
  it("is the same in the code and on its page", () => {
    const rows = [...read("docs/errors.md").matchAll(/^\| `(TW_\w+)` \| (.*?) \| (\d) \| (\d+) \|$/gm)].map(
      ([, code, summary, exit, status]) => [code, summary, Number(exit), Number(status)],
    );
    expect(rows).toEqual(
      Object.entries(errorCatalogue).map(([code, kind]) => [
        code,
        kind.summary,
        kind.exitCode,
        kind.httpStatus,
      ]),
    );
  });

  it("is used: every code is thrown somewhere", () => {
    const python = globSync("python/tradewind/**/*.py", { cwd: root });
    const texts = [...sources.filter((file) => file !== "src/error-catalogue.ts"), ...python].map(read);
    const thrown = texts.join("\n");
    expect(Object.keys(errorCatalogue).filter((code) => !thrown.includes(`"${code}"`))).toEqual([]);
  });
});
