// A virtual environment with clients of other systems, made once in .cache: for the tests that compare with the real ones.
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { root } from "../bin/bring-node.mjs";
import { makeEnvironment, pythonIn } from "./make-environment.mjs";

// wandb of 0.19: later ones have no reader of their files in Python.
const packages = ["openlineage-python>=1.30,<2", "wandb==0.19.*"];
const place = join(root, ".cache", "test-clients");

/** Path of the interpreter, or null where it is not made. TRADEWIND_TEST_CLIENTS names another one. */
export function clientsPython() {
  return process.env["TRADEWIND_TEST_CLIENTS"] || pythonIn(place, packages);
}

if (process.argv[1] !== undefined && import.meta.url === pathToFileURL(process.argv[1]).href) {
  const why = clientsPython() === null ? makeEnvironment(place, packages) : null;
  console.log(why === null ? `clients: ${clientsPython()}` : `clients: none: ${why}`);
}
