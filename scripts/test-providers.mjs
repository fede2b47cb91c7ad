// A virtual environment with Airflow's providers of clouds and what stands in for these, made once in .cache: for the tests
// that run their operators.
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { root } from "../bin/bring-node.mjs";
import { makeEnvironment, pythonIn } from "./make-environment.mjs";

const packages = [
  "apache-airflow==3.3.*",
  "apache-airflow-providers-amazon",
  "apache-airflow-providers-google",
  "moto[server]",
];
const place = join(root, ".cache", "test-providers");

/** Path of its interpreter, or null where it is not made. TRADEWIND_TEST_PROVIDERS names another one. */
export function providersPython() {
  return process.env.TRADEWIND_TEST_PROVIDERS || pythonIn(place);
}

/** Makes it where it is not there. Returns why it could not be, or null. */
export function makeProviders() {
  return providersPython() === null ? makeEnvironment(place, packages) : null;
}

if (process.argv[1] !== undefined && import.meta.url === pathToFileURL(process.argv[1]).href) {
  const why = makeProviders();
  console.log(why === null ? `Providers: ${providersPython()}` : `Providers: none: ${why}`);
}
