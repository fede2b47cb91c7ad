/**
 * As whom the server runs. PostgreSQL refuses to run as root, so root starts it as another user of the machine,
 * who then owns the data folder. Where that user cannot pass the folders above (a home under /root, say), the
 * server keeps one right of root's: to search folders (CAP_DAC_READ_SEARCH), given by `setpriv`.
 */
import { execFileSync } from "node:child_process";
import { existsSync, lchownSync, readdirSync, readFileSync, statSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { TradewindError } from "../../errors.ts";

export interface Account {
  readonly uid: number;
  readonly gid: number;
  readonly name: string;
}

/** Users that a machine has without anybody's doing, best first. */
const candidates = ["postgres", "nobody", "daemon"];

/**
 * Null: as whoever runs this.
 *
 * @throws TradewindError TW_EMBEDDED_ACCOUNT when root finds none of the users that the server could run as.
 */
export function serverAccount(wanted: readonly string[] = candidates): Account | null {
  if (process.getuid?.() !== 0) return null;
  const users = new Map(
    readFileSync("/etc/passwd", "utf8")
      .split("\n")
      .map((line) => line.split(":"))
      .map(([name = "", , uid, gid]) => [name, { name, uid: Number(uid), gid: Number(gid) }] as const),
  );
  for (const name of wanted) {
    const user = users.get(name);
    if (user !== undefined && user.uid > 0) return user;
  }
  throw new TradewindError(
    "TW_EMBEDDED_ACCOUNT",
    `expected one of the users ${wanted.join(", ")} to run PostgreSQL as, for it refuses to run as root; got none`,
    { hint: "add one (`useradd --system postgres`), or run Tradewind as another user than root" },
  );
}

export function giveTo(account: Account | null, folder: string): void {
  if (account === null) return;
  const owner = statSync(folder).uid;
  lchownSync(folder, account.uid, account.gid);
  // A folder that is the account's already is so all the way down.
  if (owner === account.uid) return;
  for (const entry of readdirSync(folder, { withFileTypes: true })) {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) giveTo(account, path);
    else lchownSync(path, account.uid, account.gid);
  }
}

export interface Launch {
  readonly file: string;
  readonly args: readonly string[];
  readonly uid?: number;
  readonly gid?: number;
}

/**
 * How to start `command` as the account, so that it can pass all the folders above `paths`.
 *
 * @throws TradewindError TW_EMBEDDED_ACCOUNT when a folder is closed to it and `setpriv` cannot help.
 */
export function launchAs(
  account: Account | null,
  command: readonly string[],
  paths: readonly string[],
): Launch {
  const [file = "", ...args] = command;
  if (account === null) return { file, args };
  const closed = paths.map((path) => firstClosed(path, account)).find((folder) => folder !== null);
  if (closed === undefined) return { file, args, uid: account.uid, gid: account.gid };
  const setpriv = ["/usr/bin/setpriv", "/bin/setpriv"].find((path) => existsSync(path));
  const right = ["--inh-caps=+dac_read_search", "--ambient-caps=+dac_read_search"];
  const before = [`--reuid=${account.uid}`, `--regid=${account.gid}`, "--clear-groups", ...right, "--"];
  if (setpriv !== undefined && runs(setpriv, [...before, "/bin/true"])) {
    return { file: setpriv, args: [...before, ...command] };
  }
  throw new TradewindError(
    "TW_EMBEDDED_ACCOUNT",
    `expected the user ${account.name}, who runs PostgreSQL for root, to be able to pass ${closed}; got a folder closed to others`,
    { hint: `set TRADEWIND_HOME to a folder outside it, or run \`chmod o+x ${closed}\`` },
  );
}

function firstClosed(path: string, account: Account): string | null {
  const folders: string[] = [];
  for (let folder = dirname(resolve(path)); ; folder = dirname(folder)) {
    folders.unshift(folder);
    if (folder === dirname(folder)) break;
  }
  const closed = folders.find((folder) => {
    const { uid, gid, mode } = statSync(folder);
    const bit = uid === account.uid ? 0o100 : gid === account.gid ? 0o010 : 0o001;
    return (mode & bit) === 0;
  });
  return closed ?? null;
}

/** A container may have taken the right away from root itself. */
function runs(file: string, args: readonly string[]): boolean {
  try {
    execFileSync(file, args, { stdio: "ignore" });
    return true;
  } catch {
    return false;
  }
}
