/** Writes docs/protocol.schema.json from src/runtime/protocol-schema.ts; `tests/executor/protocol-schema.test.ts` compares the two. */
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { protocolSchema } from "../src/runtime/protocol-schema.ts";

const file = join(import.meta.dirname, "..", "docs", "protocol.schema.json");
writeFileSync(file, `${JSON.stringify(protocolSchema(), null, 2)}\n`);
