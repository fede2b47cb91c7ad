/** Writes docs/openapi.json from the routes of the API server; `tests/api/openapi.test.ts` compares the two. */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { openApiDocument } from "../src/api/openapi/document.ts";
import { createApiServer } from "../src/api/server.ts";
import { loadConfig } from "../src/config.ts";
import { silentLog } from "../src/log.ts";
import { openDatabase } from "../src/store/connect.ts";
import { loadSecrets } from "../src/store/secrets.ts";
import { systemClock } from "../src/time.ts";

/** The version of the package is left out: it changes with every release, and the API does not. */
export async function drawOpenApi(): Promise<string> {
  const home = mkdtempSync(join(tmpdir(), "tw-openapi-"));
  // Routes register without a query: nobody has to answer on this socket.
  const database = openDatabase({ url: "postgresql:///none?host=/nowhere" });
  try {
    const config = loadConfig({ home, environment: {} });
    const secrets = loadSecrets(config.paths.secretKey);
    const server = await createApiServer({ database, secrets, clock: systemClock, config, log: silentLog() });
    await server.stop();
    return `${JSON.stringify(openApiDocument(server.routes, "0"), null, 1)}\n`;
  } finally {
    await database.close();
    rmSync(home, { recursive: true, force: true });
  }
}

if (import.meta.main) writeFileSync(join(import.meta.dirname, "../docs/openapi.json"), await drawOpenApi());
