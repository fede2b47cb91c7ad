/** Makes a new data folder: beside its place first, renamed when whole, so that a killed start leaves no half one. */
import { execFile } from "node:child_process";
import { mkdirSync, readdirSync, renameSync, rmSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import { promisify } from "node:util";
import { TradewindError } from "../../errors.ts";
import type { Account } from "./account.ts";
import { giveTo, launchAs } from "./account.ts";
import type { Binaries } from "./binaries.ts";
import { dataMajor, userName } from "./home.ts";
import { isRunning } from "./process.ts";

/**
 * Local connections are trusted: the socket's folder is closed to everyone but the server's user (and root).
 * Text sorts by code point, so that an index means the same on every machine.
 */
function initdbArguments(major: number, data: string): string[] {
  const locale = major >= 17 ? ["--locale-provider=builtin", "--builtin-locale=C.UTF-8"] : [];
  return [
    "-D",
    data,
    "-U",
    userName,
    "-E",
    "UTF8",
    "--locale=C",
    ...locale,
    "--auth=trust",
    "--no-instructions",
  ];
}

/**
 * @throws TradewindError TW_EMBEDDED_FAILED with what initdb said.
 */
export async function initialise(binaries: Binaries, data: string, account: Account | null): Promise<void> {
  removeAbandoned(data);
  const fresh = `${data}.new-${process.pid}`;
  mkdirSync(fresh, { recursive: true, mode: 0o700 });
  giveTo(account, fresh);
  const command = [binaries.initdb, ...initdbArguments(binaries.major, fresh)];
  const launch = launchAs(account, command, [fresh, binaries.initdb]);
  try {
    await promisify(execFile)(launch.file, [...launch.args], {
      env: binaries.environment,
      cwd: "/",
      ...(launch.uid === undefined ? {} : { uid: launch.uid, gid: launch.gid }),
    });
    renameSync(fresh, data);
  } catch (error) {
    rmSync(fresh, { recursive: true, force: true });
    // Another process may have been first; its folder is as good.
    if (dataMajor(data) !== null) return;
    const said = error instanceof Error && "stderr" in error ? String(error.stderr).trim() : String(error);
    throw new TradewindError("TW_EMBEDDED_FAILED", `expected initdb to make ${data}, got: ${said}`, {
      cause: error,
      hint: "check that the home folder can be written and its disk has room (a new database takes 40 MB)",
    });
  }
}

/** Folders of starts that were killed in the middle. */
function removeAbandoned(data: string): void {
  const prefix = `${basename(data)}.new-`;
  for (const name of readdirSync(dirname(data))) {
    if (name.startsWith(prefix) && !isRunning(Number(name.slice(prefix.length)))) {
      rmSync(join(dirname(data), name), { recursive: true, force: true });
    }
  }
}
