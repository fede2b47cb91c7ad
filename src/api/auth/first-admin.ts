/** A database without users gets one who may do everything; the password is told once, to whoever starts it. */
import { randomBytes } from "node:crypto";
import { TradewindError } from "../../errors.ts";
import type { Database } from "../../store/connect.ts";
import { createUser, hasUsers } from "../../store/users.ts";

export interface FirstAdmin {
  readonly username: string;
  readonly password: string;
}

/** Null when there are users already. */
export async function makeFirstAdmin(database: Database, now: number): Promise<FirstAdmin | null> {
  if (await hasUsers(database)) return null;
  const admin = { username: "admin", password: randomBytes(12).toString("base64url") };
  try {
    await createUser(
      database,
      { ...admin, email: null, firstName: "First", lastName: "Admin", roles: ["Admin"] },
      now,
    );
  } catch (error) {
    // Another process was faster, and has told its password.
    if (error instanceof TradewindError && error.code === "TW_USER_EXISTS") return null;
    throw error;
  }
  return admin;
}
