import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, it } from "vitest";
import { conversations, hold } from "./conformance.ts";
import { dagsFolder, startTask } from "./task-child.ts";

const artifactRoot = mkdtempSync(join(tmpdir(), "tw-conformance-"));
afterAll(() => rmSync(artifactRoot, { recursive: true, force: true }));

describe("the TypeScript child holds the conversations of the protocol", () => {
  it.each(conversations())("%s", async (_, conversation) => {
    await hold(conversation, {
      file: process.execPath,
      args: [join(import.meta.dirname, "../../src/runtime/child.ts")],
      env: { PATH: process.env["PATH"], NODE_COMPILE_CACHE: join(tmpdir(), "node-compile-cache") },
      code: { ...startTask("conformance", "nothing").code, dagsFolder },
      artifactRoot,
    });
  });
});
