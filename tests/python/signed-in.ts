/** Calls of the API of a Python world, as its administrator. */
import { createUser } from "../../src/store/users.ts";
import type { PythonWorld } from "./python-world.ts";

export async function signedInTo({ database, address }: PythonWorld) {
  const admin = { username: "a", email: null, roles: ["Admin" as const], password: "of the admin" };
  await createUser(database, admin, Date.now());
  const authorization = `Basic ${Buffer.from("a:of the admin").toString("base64")}`;
  return async (path: string, body?: object) => {
    const answer = await fetch(`${address}${path}`, {
      method: body === undefined ? "GET" : "POST",
      headers: { authorization, "content-type": "application/json" },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    return { status: answer.status, headers: answer.headers, body: (await answer.json()) as never };
  };
}
