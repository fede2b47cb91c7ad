/** A folder with a wheel of one module, so that environments can be made without a network. */
import { spawnSync } from "node:child_process";
import { temporaryFolder } from "../examples/temporary-folder.ts";
import { requirePython } from "./find-python.ts";

const make = `
import sys, zipfile
info = "tiny_wheel-1.2.dist-info"
with zipfile.ZipFile(sys.argv[1] + "/tiny_wheel-1.2-py3-none-any.whl", "w") as wheel:
    wheel.writestr("tiny_wheel.py", "VERSION = '1.2'\\n")
    wheel.writestr(info + "/METADATA", "Metadata-Version: 2.1\\nName: tiny_wheel\\nVersion: 1.2\\n")
    wheel.writestr(info + "/WHEEL", "Wheel-Version: 1.0\\nGenerator: test\\nRoot-Is-Purelib: true\\nTag: py3-none-any\\n")
    wheel.writestr(info + "/RECORD", "")
`;

export async function tinyWheel(): Promise<{ folder: string; pipOptions: string[] }> {
  const folder = await temporaryFolder();
  const { status, stderr } = spawnSync(requirePython(), ["-c", make, folder], { encoding: "utf8" });
  if (status !== 0) throw new Error(stderr);
  return { folder, pipOptions: ["--no-index", "--find-links", folder] };
}
