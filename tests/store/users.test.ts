import { scryptSync } from "node:crypto";
import { expect, test } from "vitest";
import { hashPassword, isPassword } from "../../src/store/password.ts";
import { sql } from "../../src/store/sql.ts";
import * as users from "../../src/store/users.ts";
import { freshDatabase } from "../support/database.ts";
import { noon } from "./rows.ts";

const ann: users.NewUser = {
  username: "ann",
  email: "ann@example.org",
  firstName: "A",
  roles: ["Admin"],
  password: "pw",
};

test("a password is kept as a hash of its own, and only it fits", async () => {
  const [one, two] = [await hashPassword("pw"), await hashPassword("pw")];
  expect(one).not.toBe(two);
  expect(one).not.toContain("pw");
  expect(await isPassword("pw", one)).toBe(true);
  expect(await isPassword("Pw", one)).toBe(false);
  expect(await isPassword("pw", "plain")).toBe(false);
});

test("a hash made by scrypt is checked as well", async () => {
  const salt = Buffer.from("0123456789abcdef");
  const tag = scryptSync("pw", salt, 32, { N: 2 ** 15, r: 8, p: 3, maxmem: 2 ** 27 });
  const hash = `$scrypt$ln=15,r=8,p=3$${salt.toString("base64")}$${tag.toString("base64")}`;
  expect(await isPassword("pw", hash)).toBe(true);
  expect(await isPassword("no", hash)).toBe(false);
});

test("a user signs in by name or e-mail, and not when inactive or without a password", async () => {
  const { database } = await freshDatabase();
  await users.createUser(database, ann, noon);
  await users.createUser(database, { username: "bob", email: null, roles: ["Viewer"], password: null }, noon);
  expect(await users.authenticate(database, "ann", "pw")).toMatchObject({
    username: "ann",
    roles: ["Admin"],
  });
  expect(await users.authenticate(database, "ann@example.org", "pw")).toMatchObject({ username: "ann" });
  expect(await users.authenticate(database, "ann", "")).toBeNull();
  expect(await users.authenticate(database, "bob", "")).toBeNull();
  expect(await users.authenticate(database, "nobody", "")).toBeNull();
  await users.resetPassword(database, "ann", "new", noon);
  expect(await users.authenticate(database, "ann", "pw")).toBeNull();
  expect(await users.authenticate(database, "ann", "new")).not.toBeNull();
  await database.run(sql`UPDATE app_user SET is_active = false`);
  expect(await users.authenticate(database, "ann", "new")).toBeNull();
});

test("names and e-mails are given once, and unknown names are told", async () => {
  const { database } = await freshDatabase();
  await users.createUser(database, ann, noon);
  await expect(users.createUser(database, { ...ann, email: null }, noon)).rejects.toThrow(/name ann/);
  await expect(users.createUser(database, { ...ann, username: "b" }, noon)).rejects.toMatchObject({
    code: "TW_USER_EXISTS",
  });
  await users.setRoles(database, "ann", ["Viewer", "Op"]);
  expect(await users.listUsers(database)).toMatchObject([{ roles: ["Viewer", "Op"], createdAt: noon }]);
  await users.deleteUser(database, "ann");
  const missing = { code: "TW_USER_NOT_FOUND" };
  await expect(users.deleteUser(database, "ann")).rejects.toMatchObject(missing);
  await expect(users.resetPassword(database, "ann", "x", noon)).rejects.toMatchObject(missing);
  await expect(users.setRoles(database, "ann", [])).rejects.toMatchObject(missing);
});
