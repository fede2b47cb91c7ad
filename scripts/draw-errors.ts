/** Writes docs/errors.md from the catalogue in src/error-catalogue.ts; `tests/architecture.test.ts` compares the two. */
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { errorCatalogue } from "../src/error-catalogue.ts";

const rows = Object.entries(errorCatalogue).map(
  ([code, kind]) => `| \`${code}\` | ${kind.summary} | ${kind.exitCode} | ${kind.httpStatus} |`,
);
const page = `# Errors

Every error that Tradewind reports on purpose. A message says what was expected, what came, and where; a hint
follows when the cause is usually one thing. Exit codes of commands: 1 the work failed, 2 wrong usage, 3 something
outside is not available. The status is what the HTTP API answers.

This page is drawn from \`src/error-catalogue.ts\` by \`scripts/draw-errors.ts\`.

| code | what happened | exit | status |
| --- | --- | --- | --- |
${rows.join("\n")}
`;
writeFileSync(join(import.meta.dirname, "../docs/errors.md"), page);
