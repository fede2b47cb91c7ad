/**
 * How the modules of Dag files are found and read in a process that runs user code.
 *
 * Every local module of a load carries the load's token in its address (`…/etl.ts?tradewind=<token>`), and all
 * that it imports inherits it. So one process holds several versions of a file side by side, each at its
 * original place: `import.meta.dirname` and packages beside the file are what the author expects. A token's
 * `ModuleSource` says where texts come from: the disk, or the snapshot of a version.
 *
 * `tradewind` and `tradewind/*` are always this program, wherever the file lies. Modules of packages and of
 * this program carry no token: they are loaded once.
 */
import { readdirSync, readFileSync, statSync } from "node:fs";
import { createRequire, registerHooks } from "node:module";
import { dirname, extname, join, relative, resolve, sep } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { nearest } from "../did-you-mean.ts";
import { TradewindError } from "../errors.ts";
import { mustCompile, transformTypeScript } from "./transform-typescript.ts";

export interface ModuleSource {
  /** Text of a local file; null when neither the version nor the disk has it. */
  read(path: string): string | null;
  /** Compile every file with oxc, not only those that plainly need it. */
  readonly transform: boolean;
  /** Every local file that was read, by absolute path. */
  readonly reached: Map<string, string>;
  /** Local files that were looked for in vain: if one appears, the load is worth another try. */
  readonly missing: Set<string>;
}

const marker = "?tradewind=";
const sources = new Map<string, ModuleSource>();
const sourceRoot = fileURLToPath(new URL("../", import.meta.url));
let registered = false;

/** Makes a source known under a token; its modules are imported by `moduleAddress`. */
export function addModuleSource(token: string, source: ModuleSource): void {
  if (!registered) registerHooks({ resolve: resolveModule, load: loadModule });
  registered = true;
  sources.set(token, source);
  forgetCommonJs();
}

/** CommonJS modules are kept by file name alone, so one of another version would be taken for this one's. */
function forgetCommonJs(): void {
  const { cache } = createRequire(import.meta.url);
  for (const path of Object.keys(cache)) if (isLocal(path)) delete cache[path];
}

export function moduleAddress(path: string, token: string): string {
  return `${pathToFileURL(path).href}${marker}${token}`;
}

function tokenOf(address: string | undefined): string | undefined {
  return address?.split(marker)[1];
}

type ResolveHook = NonNullable<Parameters<typeof registerHooks>[0]["resolve"]>;
type LoadHook = NonNullable<Parameters<typeof registerHooks>[0]["load"]>;

const resolveModule: ResolveHook = (specifier, context, nextResolve) => {
  if (specifier === "tradewind" || specifier.startsWith("tradewind/")) {
    return { url: ownAddress(specifier), shortCircuit: true };
  }
  const token = tokenOf(specifier) ?? tokenOf(context.parentURL);
  const source = token === undefined ? undefined : sources.get(token);
  if (token === undefined || source === undefined) return nextResolve(specifier, context);
  const bare = specifier.split(marker)[0] ?? specifier;
  const parent = context.parentURL?.split(marker)[0];
  if (/^(\.{0,2}\/|file:)/.test(bare)) {
    const wanted = fileURLToPath(new URL(bare, parent));
    if (!isLocal(wanted)) return nextResolve(bare, context);
    const path = existing(wanted, source);
    if (path === null) throw notFound(bare, wanted, parent, source);
    return { url: moduleAddress(path, token), shortCircuit: true };
  }
  const found = resolvePackage(bare, parent, source, () =>
    nextResolve(bare, { ...context, parentURL: parent }),
  );
  // A package of the same workspace, or an entry of `imports` in package.json.
  if (!found.url.startsWith("file:") || !isLocal(fileURLToPath(found.url))) return found;
  return { url: moduleAddress(fileURLToPath(found.url), token), shortCircuit: true };
};

/** Finds a package as Node does, and says where the import stands when there is none. */
function resolvePackage<Found>(
  name: string,
  parent: string | undefined,
  source: ModuleSource,
  find: () => Found,
): Found {
  try {
    return find();
  } catch (cause) {
    const code = (cause as { code?: unknown }).code;
    if (parent === undefined || (code !== "ERR_MODULE_NOT_FOUND" && code !== "MODULE_NOT_FOUND")) throw cause;
    const importer = fileURLToPath(parent);
    const packageName = name.split("/", name.startsWith("@") ? 2 : 1).join("/");
    throw new TradewindError("TW_IMPORT_NOT_FOUND", `the package "${packageName}" is not installed`, {
      cause,
      at: positionOf(importer, name, source),
      hint: `run npm install ${packageName} in ${dirname(importer)}`,
    });
  }
}

/**
 * Adds the files that a load has not read yet, but that its handlers will import by a literal name
 * (`await import("./train.ts")`), and all that those import, so that a version has them too.
 */
export function reachLazyImports(source: ModuleSource): void {
  const queue = [...source.reached].map(([path, text]) => ({ path, text, all: false }));
  for (let next = queue.shift(); next !== undefined; next = queue.shift()) {
    const { path, text, all } = next;
    const pattern = all
      ? /\b(?:from|import)\s*\(?\s*["'](\.{1,2}\/[^"'\n]+)["']/g
      : /\bimport\s*\(\s*["'](\.{1,2}\/[^"'\n]+)["']/g;
    for (const [, specifier = ""] of text.matchAll(pattern)) {
      const found = existing(resolve(dirname(path), specifier), source);
      if (found === null || !isLocal(found) || source.reached.has(found)) continue;
      const more = source.read(found) ?? "";
      source.reached.set(found, more);
      queue.push({ path: found, text: more, all: true });
    }
  }
}

const loadModule: LoadHook = (url, context, nextLoad) => {
  const token = tokenOf(url);
  const source = token === undefined ? undefined : sources.get(token);
  if (source === undefined) return nextLoad(url, context);
  const path = fileURLToPath(url.split(marker)[0] ?? url);
  const text = source.read(path);
  if (text === null) throw notFound(path, path, undefined, source);
  source.reached.set(path, text);
  const format = formatOf(path, text);
  if (format.endsWith("-typescript") && (source.transform || mustCompile(text))) {
    return {
      format: format.replace("-typescript", "") as "module",
      source: transformTypeScript(path, text),
      shortCircuit: true,
    };
  }
  return { format, source: text, shortCircuit: true };
};

/** A Dag file is an ES module unless its name says otherwise or it is plainly written as CommonJS. */
function formatOf(
  path: string,
  text: string,
): "json" | "module" | "commonjs" | "module-typescript" | "commonjs-typescript" {
  const extension = extname(path);
  if (extension === ".json") return "json";
  const typescript = /^\.[mc]?ts$/.test(extension);
  const common = extension.startsWith(".c") || (!extension.startsWith(".m") && isCommonJs(text));
  if (common) return typescript ? "commonjs-typescript" : "commonjs";
  return typescript ? "module-typescript" : "module";
}

function isCommonJs(text: string): boolean {
  if (/^\s*(import\b(?!\s*\()|export\b)/m.test(text)) return false;
  return /\b(module\.exports|exports\.\w+\s*=|require\s*\()/.test(text);
}

/** Not of a package, and not of this program. */
function isLocal(path: string): boolean {
  return !path.includes(`${sep}node_modules${sep}`) && !path.startsWith(sourceRoot);
}

/** What people write for `lib.ts`: the name itself, without the ending, or with that of the compiled file. */
function existing(path: string, source: ModuleSource): string | null {
  const candidates = [path];
  if (extname(path) === "" || !/^\.([mc]?[jt]s|json)$/.test(extname(path))) {
    candidates.push(
      `${path}.ts`,
      `${path}.mts`,
      `${path}.js`,
      `${path}.mjs`,
      join(path, "index.ts"),
      join(path, "index.js"),
    );
  } else if (/\.[mc]?js$/.test(path)) candidates.push(path.replace(/js$/, "ts"));
  for (const candidate of candidates) {
    if (source.read(candidate) !== null) return candidate;
    source.missing.add(candidate);
  }
  return null;
}

function notFound(
  specifier: string,
  wanted: string,
  parent: string | undefined,
  source: ModuleSource,
): TradewindError {
  const importer = parent === undefined ? undefined : fileURLToPath(parent);
  const at = importer === undefined ? undefined : positionOf(importer, specifier, source);
  const folder = dirname(wanted);
  const names = [...source.reached.keys()]
    .filter((path) => dirname(path) === folder)
    .map((path) => relative(folder, path));
  const near = nearest(relative(folder, wanted), [...names, ...filesOf(folder)]);
  return new TradewindError("TW_IMPORT_NOT_FOUND", `expected a file at "${specifier}", but there is none`, {
    at,
    hint: near === null ? undefined : `did you mean "./${near}"?`,
  });
}

function filesOf(folder: string): string[] {
  try {
    return readdirSync(folder);
  } catch {
    return [];
  }
}

/** Where an import statement names its specifier. */
function positionOf(
  file: string,
  specifier: string,
  source: ModuleSource,
): { file: string; line?: number; column?: number } {
  const lines = (source.reached.get(file) ?? "").split("\n");
  const line = lines.findIndex((text) => text.includes(`"${specifier}"`) || text.includes(`'${specifier}'`));
  if (line < 0) return { file };
  return { file, line: line + 1, column: (lines[line] ?? "").indexOf(specifier) + 1 };
}

/** Targets of package.json: a file in the sources, conditions in a build. */
let ownExports: { readonly [subpath: string]: string | { readonly default: string } } | undefined;

/** The module of this program behind `tradewind` or `tradewind/ml`. */
function ownAddress(specifier: string): string {
  const root = resolve(sourceRoot, "..");
  ownExports ??= (
    JSON.parse(readFileSync(join(root, "package.json"), "utf8")) as {
      exports: NonNullable<typeof ownExports>;
    }
  ).exports;
  const target = ownExports[`.${specifier.slice("tradewind".length)}`];
  if (target !== undefined)
    return pathToFileURL(join(root, typeof target === "string" ? target : target.default)).href;
  const known = Object.keys(ownExports).filter((name) => !name.endsWith(".json"));
  const names = known.map((name) => `tradewind${name.slice(1)}`);
  const near = nearest(specifier, names);
  throw new TradewindError(
    "TW_IMPORT_NOT_FOUND",
    `expected one of ${names.join(", ")}, got an import of "${specifier}"`,
    {
      hint: near === null ? undefined : `did you mean "${near}"?`,
    },
  );
}

/** Reads from the disk; null for what is not a file. */
export function readLocalFile(path: string): string | null {
  try {
    return statSync(path).isFile() ? readFileSync(path, "utf8") : null;
  } catch {
    return null;
  }
}
