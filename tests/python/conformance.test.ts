import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, it } from "vitest";
import { textHash, writeSnapshot } from "../../src/runtime/code-snapshot.ts";
import { pythonArguments } from "../../src/runtime/python-command.ts";
import { conversations, hold } from "../runtime/conformance.ts";
import { describePython, requirePython } from "./find-python.ts";

const folder = mkdtempSync(join(tmpdir(), "tw-conformance-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const dagsFolder = join(import.meta.dirname, "dags");
const text = readFileSync(join(dagsFolder, "conformance.py"), "utf8");
const hash = textHash(text);
writeSnapshot(join(folder, "versions"), [[hash, text]]);

describePython("the Python child holds the conversations of the protocol", () => {
  it.each(conversations())("%s", async (_, conversation) => {
    await hold(conversation, {
      file: requirePython(),
      args: pythonArguments("child"),
      env: { PATH: process.env["PATH"], PYTHONPATH: process.env["PYTHONPATH"] },
      code: {
        dagsFolder,
        relativeFile: "conformance.py",
        versionHash: "conformance",
        snapshotFolder: join(folder, "versions"),
        files: { "conformance.py": hash },
        interpreter: requirePython(),
      },
      artifactRoot: join(folder, "artifacts"),
    });
  });
});
