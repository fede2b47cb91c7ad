/**
 * The same calls, with the same Dags, as to a real Airflow (fixtures/api.json): status, fields and types of each answer
 * are compared. What may differ stands in api-differences.ts, with its reason. With TRADEWIND_PRINT_COMPARISON set the
 * table of all calls is printed.
 */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, it, onTestFinished } from "vitest";
import { createApiServer } from "../../src/api/server.ts";
import { loadConfig } from "../../src/config.ts";
import { silentLog } from "../../src/log.ts";
import { loadSecrets } from "../../src/store/secrets.ts";
import { createUser } from "../../src/store/users.ts";
import { delay, systemClock } from "../../src/time.ts";
import { describePython } from "../python/find-python.ts";
import { pythonWorld } from "../python/python-world.ts";
import { type Recorded, sendCalls } from "./api-calls.ts";
import { allowedDifferences } from "./api-differences.ts";

const fixtures = join(import.meta.dirname, "fixtures");
const read = (name: string): string => readFileSync(join(fixtures, name), "utf8");

type Shape = string | { readonly [field: string]: Shape } | readonly [Shape] | readonly [];

/** What kind of value it is: of lists that of all elements together. */
function shapeOf(value: unknown): Shape {
  if (value === null) return "null";
  if (Array.isArray(value)) return value.length === 0 ? [] : [value.map(shapeOf).reduce(merge)];
  if (typeof value === "object")
    return Object.fromEntries(Object.entries(value).map(([name, inner]) => [name, shapeOf(inner)]));
  if (typeof value !== "string") return typeof value;
  if (/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)$/.test(value)) return "instant";
  return /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/.test(value) ? "uuid" : "string";
}

function merge(a: Shape, b: Shape): Shape {
  if (a === "null") return b;
  if (b === "null" || typeof a === "string" || typeof b === "string" || Array.isArray(a) || Array.isArray(b))
    return a;
  const both = { ...(b as { [field: string]: Shape }) };
  for (const [name, shape] of Object.entries(a))
    both[name] = name in both ? merge(shape, both[name] as Shape) : shape;
  return both;
}

/** Objects whose fields are data: names of params, of config, of whatever a user wrote. */
const open = new Set([
  "conf",
  "extra",
  "params",
  "rendered_fields",
  "owner_links",
  "default_args",
  "value",
  "extra_links",
  "ctx",
  "input",
  "class_ref",
  "schema",
  "detail",
]);

interface Difference {
  readonly at: string;
  readonly theirs: string;
  readonly ours: string;
}

function differences(theirs: Shape, ours: Shape, at: string): Difference[] {
  const field = at.split(".").at(-1) as string;
  const isList = (shape: Shape): shape is readonly [Shape] | readonly [] => Array.isArray(shape);
  const word = (shape: Shape): string =>
    typeof shape === "string" ? shape : isList(shape) ? "list" : "object";
  // A value that is there in one and null in the other is a matter of what happened, where the field may be both.
  if (theirs === "null" || ours === "null") return theirs === ours ? [] : nulls(theirs, ours, at, word);
  if (word(theirs) !== word(ours)) return [{ at, theirs: word(theirs), ours: word(ours) }];
  if (typeof theirs === "string" || typeof ours === "string") return [];
  if (isList(theirs) && isList(ours)) {
    const [a] = theirs;
    const [b] = ours;
    return a === undefined || b === undefined ? [] : differences(a, b, `${at}[]`);
  }
  if (open.has(field)) return [];
  const [a, b] = [theirs as { [name: string]: Shape }, ours as { [name: string]: Shape }];
  return [...new Set([...Object.keys(a), ...Object.keys(b)])].flatMap((name) => {
    const inner = at === "" ? name : `${at}.${name}`;
    if (!(name in a)) return [{ at: inner, theirs: "absent", ours: word(b[name] as Shape) }];
    if (!(name in b)) return [{ at: inner, theirs: word(a[name] as Shape), ours: "absent" }];
    return differences(a[name] as Shape, b[name] as Shape, inner);
  });
}

function nulls(theirs: Shape, ours: Shape, at: string, word: (shape: Shape) => string): Difference[] {
  return ours === "null" ? [{ at, theirs: word(theirs), ours: "null" }] : [];
}

function isAllowed(call: string, { at }: Difference): boolean {
  const field = at.replace(/^.*\./, "");
  return allowedDifferences.some(
    (one) => (one.call === "*" || one.call === call) && (one.at === "*" || one.at === at || one.at === field),
  );
}

async function ourAnswers(): Promise<Recorded[]> {
  const { database, config } = await pythonWorld({ "compat_dags.py": read("compat_dags.py") });
  const { home, environment } = config;
  const flags = {
    "core.dags_folder": config.paths.dagsFolder,
    "database.url": database.url,
    "api.port": "0",
  };
  const apiConfig = loadConfig({ home, environment, flags });
  const secrets = loadSecrets(apiConfig.paths.secretKey);
  const parts = { database, secrets, clock: systemClock, config: apiConfig, log: silentLog() };
  const server = await createApiServer(parts);
  onTestFinished(() => server.stop(0));
  const user = { username: "ada", email: null, roles: ["Admin"], password: "pass words of ada" };
  await createUser(database, user, systemClock.now());
  const basic = Buffer.from(`${user.username}:${user.password}`).toString("base64");
  return await sendCalls(await server.listen(), { authorization: `Basic ${basic}` }, delay);
}

describePython("beside a real Airflow", () => {
  it("every answer has the status, the fields and the types of Airflow's, but for what is allowed", async () => {
    const theirs = JSON.parse(read("api.json")) as Recorded[];
    const ours = await ourAnswers();
    const rows = theirs.map((one, index) => {
      const own = ours[index] as Recorded;
      const found =
        one.status === own.status
          ? differences(shapeOf(one.body), shapeOf(own.body), "")
          : [{ at: "status", theirs: String(one.status), ours: String(own.status) }];
      return { call: one.name, wrong: found.filter((difference) => !isAllowed(one.name, difference)), found };
    });
    if (process.env["TRADEWIND_PRINT_COMPARISON"] !== undefined)
      for (const { call, found, wrong } of rows)
        console.log(
          `${wrong.length > 0 ? "DIFFERS" : found.length > 0 ? "allowed" : "same   "} ${call} ${found.map(({ at, theirs: a, ours: b }) => `${at}: ${a} / ${b}`).join("; ")}`,
        );
    const wrong = rows.filter((row) => row.wrong.length > 0);
    expect(Object.fromEntries(wrong.map((row) => [row.call, row.wrong]))).toEqual({});
  }, 240_000);
});
