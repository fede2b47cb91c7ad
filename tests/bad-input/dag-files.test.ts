/** Dag files that are wrong: each says what, where and in which line, and the good one beside them is there. */
import { expect, onTestFinished, test } from "vitest";
import { makeWorld, pretendWatched } from "../cli/command.ts";
import { freshDatabase } from "../support/database.ts";

const dag = `import { Dag, EmptyOperator } from "tradewind";
const dag = new Dag("broken", { schedule: null });
`;

const broken = {
  "cycle.ts": `${dag}const a = dag.task("a", async () => 1)();
const b = dag.task("b", async () => 2)();
a.before(b);
b.before(a);
`,
  "called_twice.ts": `${dag}const a = dag.task("a", async () => 1);
a();
a();
`,
  "option_typo.ts": `import { Dag } from "tradewind";
export const dag = new Dag("broken", { schedul: "@daily" } as object);
`,
  "throws.ts": `import { Dag } from "tradewind";
const table: Record<string, { rows: number }> = {};
export const dag = new Dag("broken", { params: { rows: table["orders"].rows } });
`,
  "hangs.ts": `${dag}export const never = await new Promise(() => setInterval(() => undefined, 1000));
`,
  "loops.ts": `${dag}for (;;);
`,
  "exits.ts": `${dag}process.exit(0);
`,
  "cron.ts": `import { Dag } from "tradewind";
export const dag = new Dag("broken", { schedule: "99 * * * *" });
`,
  "syntax.ts": `${dag}export const open = {
`,
};

test("every broken Dag file is reported with its place and cause, and changes nothing for the others", {
  timeout: 90_000,
}, async () => {
  const { url, database } = await freshDatabase();
  const good = `import { Dag } from "tradewind";\nnew Dag("good", { schedule: null }).task("a", async () => 1)();\n`;
  const world = makeWorld({ databaseUrl: url, dags: { ...broken, "good.ts": good } });
  onTestFinished(() => world.remove());
  world.environment["TRADEWIND__CORE__DAG_IMPORT_TIMEOUT"] = "16";

  const listed = await world.command("dags", "list", "-o", "json");
  expect(listed.code).toBe(0);
  expect((JSON.parse(listed.stdout) as { dag_id: string }[]).map((row) => row.dag_id)).toEqual(["good"]);
  expect(listed.stderr).toContain(`${Object.keys(broken).length} Dag files could not be imported`);

  await pretendWatched(database, world);
  const errors = await world.command("dags", "list-import-errors", "-o", "json");
  expect(errors.code).toBe(1);
  const found = Object.fromEntries(
    (JSON.parse(errors.stdout) as { filepath: string }[]).map(({ filepath, ...rest }) => [filepath, rest]),
  );
  expect(found).toMatchObject({
    "cycle.ts": { code: "TW_DAG_CYCLE", error: expect.stringMatching(/a.*b.*a|b.*a.*b/) },
    "called_twice.ts": { code: "TW_TASK_CALLED_TWICE", line: 5, error: expect.stringContaining('"a"') },
    "option_typo.ts": { code: "TW_OPTION_UNKNOWN", line: 2, error: expect.stringContaining("did you mean") },
    "throws.ts": { code: "TW_DAG_FILE_THROWS", line: 3, error: expect.stringContaining("undefined") },
    "hangs.ts": { code: "TW_DAG_FILE_TIMEOUT", error: expect.stringContaining("16 s") },
    "loops.ts": { code: "TW_DAG_FILE_TIMEOUT", error: expect.stringContaining("16 s") },
    "exits.ts": { code: "TW_DAG_FILE_EXIT" },
    "cron.ts": { line: 2, error: expect.stringContaining("99 * * * *") },
    "syntax.ts": { code: "TW_SYNTAX", line: expect.any(Number) },
  });

  const shown = await world.command("dags", "list-import-errors");
  expect(shown.stdout).toContain("option_typo.ts:2:");
  expect(shown.stdout).not.toContain("src/sdk/");
  const test = await world.command("dags", "test", "broken");
  expect(test.code).toBe(1);
  expect(test.stderr).toContain("TW_DAG_NOT_FOUND");
});
