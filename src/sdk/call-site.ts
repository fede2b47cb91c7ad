/**
 * Where in a user's file one of our functions was called: the file, line and column that an import error shows.
 * Read from a V8 stack trace; frames of this folder, of Node and of packages are passed over.
 */
export interface CallSite {
  readonly file: string;
  readonly line: number;
  readonly column: number;
}

/** Folders whose frames are ours and never the user's: `src/sdk/` and `src/testing/`. */
const ownFolders = [new URL("./", import.meta.url), new URL("../testing/", import.meta.url)].map(pathOf);

const frame = /(?:\(|at (?:async )?)((?:file:\/\/|\/|[A-Za-z]:[\\/])[^()]*?):(\d+):(\d+)\)?$/;

/** The nearest caller outside of the SDK; undefined when there is none (a REPL, an eval). */
export function callSite(): CallSite | undefined {
  const limit = Error.stackTraceLimit;
  Error.stackTraceLimit = 16;
  const stack = new Error("call site").stack ?? "";
  Error.stackTraceLimit = limit;
  return userFrame(stack);
}

/** The first frame of a stack text that lies in a user's file. */
export function userFrame(stack: string): CallSite | undefined {
  for (const text of stack.split("\n")) {
    const match = frame.exec(text.trimEnd());
    if (match === null) continue;
    const file = filePath(match[1] ?? "");
    if (ownFolders.some((folder) => file.startsWith(folder)) || file.includes("/node_modules/")) continue;
    return { file, line: Number(match[2]), column: Number(match[3]) };
  }
  return undefined;
}

/** A version's module is loaded under its own address with `?tradewind=…`; people know it without. */
function filePath(address: string): string {
  const bare = address.replace(/\?[^/]*$/, "");
  return bare.startsWith("file://") ? pathOf(new URL(bare)) : bare;
}

function pathOf(url: URL): string {
  const path = decodeURIComponent(url.pathname);
  return /^\/[A-Za-z]:\//.test(path) ? path.slice(1) : path;
}
