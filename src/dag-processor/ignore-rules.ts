/** `.airflowignore`: patterns of files that are not Dag files, in the syntax of .gitignore or as regular expressions. */

/** Airflow's `[core] dag_ignore_file_syntax`; glob is its default since 3.0. */
export type IgnoreSyntax = "glob" | "regexp";

export interface IgnoreRule {
  /** Folder of the ignore file, relative to the Dags folder; "" for the Dags folder itself. */
  readonly base: string;
  readonly pattern: RegExp;
  /** `!pattern` takes back what an earlier rule ignored. */
  readonly negated: boolean;
  /** `pattern/` means folders alone. */
  readonly foldersOnly: boolean;
}

/** Reads an ignore file. Lines that are no pattern are given to `complain` and left out. */
export function parseIgnoreFile(
  text: string,
  base: string,
  syntax: IgnoreSyntax,
  complain: (line: number, problem: string) => void,
): IgnoreRule[] {
  return text.split(/\r?\n/).flatMap((raw, index) => {
    const line = syntax === "glob" ? raw.replace(/(?<!\\)\s+$/, "") : raw.replace(/\s*#.*/, "");
    if (line === "" || (syntax === "glob" && line.startsWith("#"))) return [];
    try {
      return [
        syntax === "glob"
          ? globRule(line, base)
          : { base, pattern: new RegExp(line), negated: false, foldersOnly: false },
      ];
    } catch (error) {
      complain(index + 1, (error as Error).message);
      return [];
    }
  });
}

/** The last rule that matches decides. `path` is relative to the Dags folder, with "/". */
export function isIgnored(path: string, isFolder: boolean, rules: readonly IgnoreRule[]): boolean {
  let ignored = false;
  for (const rule of rules) {
    if (rule.foldersOnly && !isFolder) continue;
    const inside = rule.base === "" ? path : path.slice(rule.base.length + 1);
    if (rule.pattern.test(inside)) ignored = !rule.negated;
  }
  return ignored;
}

function globRule(line: string, base: string): IgnoreRule {
  const negated = line.startsWith("!");
  let glob = negated ? line.slice(1) : line.replace(/^\\(?=[!#])/, "");
  const foldersOnly = glob.endsWith("/");
  if (foldersOnly) glob = glob.slice(0, -1);
  // A slash at the beginning or in the middle ties the pattern to the folder of its file.
  const anchored = glob.includes("/");
  if (glob.startsWith("/")) glob = glob.slice(1);
  return {
    base,
    negated,
    foldersOnly,
    pattern: new RegExp(`^${anchored ? "" : "(?:.*/)?"}${globSource(glob)}$`),
  };
}

function globSource(glob: string): string {
  let source = "";
  for (let i = 0; i < glob.length; ) {
    const rest = glob.slice(i);
    const characters = /^\[(!?)((?:\\.|[^\]\\])+)\]/.exec(rest);
    if (rest.startsWith("**/")) [source, i] = [`${source}(?:.*/)?`, i + 3];
    else if (rest.startsWith("**")) [source, i] = [`${source}.*`, i + 2];
    else if (rest.startsWith("*")) [source, i] = [`${source}[^/]*`, i + 1];
    else if (rest.startsWith("?")) [source, i] = [`${source}[^/]`, i + 1];
    else if (characters !== null)
      [source, i] = [
        `${source}[${characters[1] === "" ? "" : "^"}${characters[2]}]`,
        i + characters[0].length,
      ];
    else if (rest.startsWith("\\") && rest.length > 1) [source, i] = [source + escaped(rest[1]), i + 2];
    else [source, i] = [source + escaped(rest[0]), i + 1];
  }
  return source;
}

function escaped(character = ""): string {
  return character.replace(/[.*+?^${}()|[\]\\/]/g, "\\$&");
}
