import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import {
  addConnection,
  deleteConnection,
  getConnection,
  listConnections,
  putConnection,
} from "../../src/store/connections.ts";
import {
  environmentConnection,
  environmentVariable,
  resolveVariable,
} from "../../src/store/environment-secrets.ts";
import { openFernet } from "../../src/store/fernet.ts";
import { loadSecrets, rotateSecrets } from "../../src/store/secrets.ts";
import { sql } from "../../src/store/sql.ts";
import { deleteVariable, getVariable, listVariables, setVariable } from "../../src/store/variables.ts";
import { freshDatabase } from "../support/database.ts";

function keyFile(): string {
  const folder = mkdtempSync(join(tmpdir(), "tw-key-"));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  return join(folder, "home", "secret.key");
}

const connection = {
  connId: "db",
  connType: "postgres",
  description: null,
  host: "h",
  login: "me",
  password: "p@ss",
  schema: "s",
  port: 5432,
  extra: '{"a": 1}',
};

test("makes a key file that only its owner can read, and the same one for all who ask at once", () => {
  const file = keyFile();
  const sealed = loadSecrets(file).seal("x", "here");
  expect(statSync(file).mode & 0o777).toBe(0o600);
  expect(loadSecrets(file).open(sealed, "here")).toBe("x");
});

test("seals the same text differently each time, and opens it in its own place only", () => {
  const secrets = loadSecrets(keyFile());
  const one = secrets.seal("geheim", "variable/a");
  expect(one.equals(secrets.seal("geheim", "variable/a"))).toBe(false);
  expect(one.toString("latin1")).not.toContain("geheim");
  expect(secrets.open(one, "variable/a")).toBe("geheim");
  expect(() => secrets.open(one, "variable/b")).toThrow(/TW_SECRET_SEALED|changed/);
  const changed = Buffer.from(one);
  changed[20] = (changed[20] ?? 0) ^ 1;
  expect(() => secrets.open(changed, "variable/a")).toThrow(/changed/);
  expect(() => loadSecrets(keyFile()).open(one, "variable/a")).toThrow(/not in the key file/);
});

test("refuses a key file that holds no key, with the line", () => {
  const file = keyFile();
  loadSecrets(file);
  writeFileSync(file, "c2hvcnQ=\n");
  expect(() => loadSecrets(file)).toThrow(/line 1.*got 5/);
  writeFileSync(file, "\n");
  expect(() => loadSecrets(file)).toThrow(/got an empty file/);
});

test("variables are sealed in the table and open again", async () => {
  const { database } = await freshDatabase();
  const secrets = loadSecrets(keyFile());
  await setVariable(database, secrets, { key: "token", value: "geheim", description: "d" });
  await setVariable(database, secrets, { key: "token", value: "geheim 2" });
  const raw = await database.row<{ value: Buffer }>(sql`SELECT value FROM variable`);
  expect(raw?.value.toString("latin1")).not.toContain("geheim");
  expect(await getVariable(database, secrets, "token")).toEqual({
    key: "token",
    value: "geheim 2",
    description: "d",
  });
  await deleteVariable(database, "token");
  await expect(deleteVariable(database, "token")).rejects.toMatchObject({ code: "TW_VARIABLE_NOT_FOUND" });
});

test("connections keep every field; password and extra are sealed", async () => {
  const { database } = await freshDatabase();
  const secrets = loadSecrets(keyFile());
  await addConnection(database, secrets, connection);
  await expect(addConnection(database, secrets, connection)).rejects.toMatchObject({
    code: "TW_CONNECTION_EXISTS",
  });
  expect(await getConnection(database, secrets, "db")).toEqual(connection);
  await putConnection(database, secrets, { ...connection, password: null });
  expect(await listConnections(database, secrets)).toEqual([{ ...connection, password: null }]);
  await deleteConnection(database, "db");
  await expect(deleteConnection(database, "db")).rejects.toMatchObject({ code: "TW_CONNECTION_NOT_FOUND" });
});

test("a rotation seals everything under a new key and forgets the old one", async () => {
  const { database } = await freshDatabase();
  const file = keyFile();
  const before = loadSecrets(file);
  await setVariable(database, before, { key: "v", value: "1" });
  await addConnection(database, before, connection);
  const old = readFileSync(file, "utf8");
  expect(await rotateSecrets(database, file)).toEqual({ variables: 1, connections: 1 });
  expect(readFileSync(file, "utf8")).not.toContain(old.trim());
  const after = loadSecrets(file);
  expect(await listVariables(database, after)).toMatchObject([{ value: "1" }]);
  expect(await getConnection(database, after, "db")).toEqual(connection);
  await expect(listVariables(database, before)).rejects.toMatchObject({ code: "TW_SECRET_SEALED" });
});

test("a rotation that fails leaves every secret readable", async () => {
  const { database } = await freshDatabase();
  const file = keyFile();
  await setVariable(database, loadSecrets(file), { key: "good", value: "1" });
  await setVariable(database, loadSecrets(keyFile()), { key: "lost", value: "2" });
  await expect(rotateSecrets(database, file)).rejects.toMatchObject({ code: "TW_SECRET_SEALED" });
  expect(await getVariable(database, loadSecrets(file), "good")).toMatchObject({ value: "1" });
  await deleteVariable(database, "lost");
  await rotateSecrets(database, file);
  expect(readFileSync(file, "utf8").trim().split("\n")).toHaveLength(1);
  expect(await getVariable(database, loadSecrets(file), "good")).toMatchObject({ value: "1" });
});

test("the environment comes before the database, Tradewind's names before Airflow's", async () => {
  const { database } = await freshDatabase();
  const secrets = loadSecrets(keyFile());
  await setVariable(database, secrets, { key: "region", value: "stored" });
  const airflow = { AIRFLOW_VAR_REGION: "airflow", AIRFLOW_CONN_MY_DB: "postgres://u:p@h/db" };
  expect(await resolveVariable({ executor: database, secrets, environment: {} }, "region")).toMatchObject({
    value: "stored",
  });
  expect(environmentVariable(airflow, "region")?.value).toBe("airflow");
  expect(environmentVariable({ ...airflow, TRADEWIND_VAR_REGION: "own" }, "region")?.value).toBe("own");
  expect(environmentConnection(airflow, "my_db")).toMatchObject({
    connId: "my_db",
    connType: "postgres",
    password: "p",
  });
  expect(environmentConnection(airflow, "other")).toBeNull();
});

/** Made by the `cryptography` package of Python. */
const fernet = {
  key: "MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIzNDU2Nzg5MDE=",
  token:
    "gAAAAABrAKV1fuTyXnCiR-NzFcVtGNRnAZpjdpUJn5lDFjfM5bktkianCmerBfeebqM8gMepKQvmKkfTgEDXkQyfsFt5kU7Y8w==",
};

test("opens values that Airflow encrypted, with any of its keys", () => {
  const other = Buffer.alloc(32, 7).toString("base64url");
  expect(openFernet(fernet.token, fernet.key)).toBe("schön geheim");
  expect(openFernet(fernet.token, `${other}, ${fernet.key}`)).toBe("schön geheim");
  expect(() => openFernet(fernet.token, other)).toThrow(/under another/);
  expect(() => openFernet("plain", fernet.key)).toThrow(/expected a Fernet token/);
  expect(() => openFernet(fernet.token, "short")).toThrow(/32 bytes/);
});
