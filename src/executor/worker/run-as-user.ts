/** Who a task may run as. Only root may become another user. */
import { readFileSync } from "node:fs";
import { userInfo } from "node:os";
import { TradewindError } from "../../errors.ts";

export interface SystemUser {
  readonly name: string;
  readonly uid: number;
  readonly gid: number;
  readonly home: string;
}

/**
 * The user to start a process as; null when the worker is that user already.
 *
 * @throws TradewindError TW_RUN_AS_USER when there is no such user, or the worker may not become it.
 */
export function resolveRunAsUser(name: string): SystemUser | null {
  const self = userInfo();
  const user = findUser(name);
  if (user === null) {
    throw new TradewindError(
      "TW_RUN_AS_USER",
      `runAsUser: an existing user was expected, got ${JSON.stringify(name)}`,
      {
        hint: "Users are looked for in /etc/passwd of the worker's machine.",
      },
    );
  }
  if (user.uid === self.uid) return null;
  if (self.uid !== 0) {
    throw new TradewindError(
      "TW_RUN_AS_USER",
      `runAsUser: the worker runs as ${self.username} (uid ${self.uid}) and may not start a task as ${user.name} (uid ${user.uid})`,
      { hint: "Start the worker as root, or remove runAsUser from the task." },
    );
  }
  return user;
}

function findUser(nameOrUid: string): SystemUser | null {
  let passwd: string;
  try {
    passwd = readFileSync("/etc/passwd", "utf8");
  } catch {
    return null;
  }
  for (const line of passwd.split("\n")) {
    const [name, , uid, gid, , home] = line.split(":");
    if (name === undefined || uid === undefined || gid === undefined || home === undefined) continue;
    if (name === nameOrUid || uid === nameOrUid) return { name, uid: Number(uid), gid: Number(gid), home };
  }
  return null;
}
