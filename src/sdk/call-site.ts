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

let passedOver = false;

/**
 * From now on no place is looked for in this process. Where tasks run, their file was read before and its mistakes
 * were shown then; a stack for each of a thousand tasks would be a good part of a fresh process's first attempt.
 */
export function passOverCallSites(): void {
  passedOver = true;
}

/** The nearest caller outside of the SDK; undefined when there is none (a REPL, an eval). */
export function callSite(): CallSite | undefined {
  if (passedOver) return undefined;
  return userFrame(capture().stack ?? "");
}

/** Remembers where it is called and finds out when asked: most places are never looked at. */
export function laterCallSite(): () => CallSite | undefined {
  if (passedOver) return noSite;
  let error: Error | null = capture();
  let site: CallSite | undefined;
  return () => {
    if (error !== null) {
      site = userFrame(error.stack ?? "");
      error = null;
    }
    return site;
  };
}

function noSite(): undefined {
  return undefined;
}

/** Deep enough for every path from a public function to here. */
const framesOfOurs = 12;

function capture(): Error {
  const limit = Error.stackTraceLimit;
  Error.stackTraceLimit = framesOfOurs;
  const error = new Error("call site");
  Error.stackTraceLimit = limit;
  return error;
}

/** The first frame of a stack text that lies in a user's file. */
export function userFrame(stack: string): CallSite | undefined {
  for (const text of stack.split("\n")) {
    const match = frame.exec(text.trimEnd());
    if (match === null) continue;
    const file = userFile(match[1] ?? "");
    if (file !== null) return { file, line: Number(match[2]), column: Number(match[3]) };
  }
  return undefined;
}

/** Path of a user's file, null for one of ours or of a package; by the address as a stack shows it. */
const userFiles = new Map<string, string | null>();

function userFile(address: string): string | null {
  let file = userFiles.get(address);
  if (file === undefined) {
    const path = filePath(address);
    const ours = ownFolders.some((folder) => path.startsWith(folder)) || path.includes("/node_modules/");
    file = ours ? null : path;
    userFiles.set(address, file);
  }
  return file;
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
