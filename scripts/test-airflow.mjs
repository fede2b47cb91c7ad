// A virtual environment with the real Airflow and one of its providers, made once in .cache: for the tests that use it.
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { root } from "../bin/bring-node.mjs";
import { makeEnvironment, pythonIn } from "./make-environment.mjs";

const packages = ["apache-airflow==3.3.*", "apache-airflow-providers-apache-livy", "jinja2", "pendulum"];
const place = join(root, ".cache", "test-airflow");

/** Path of its interpreter, or null where it is not made. TRADEWIND_TEST_AIRFLOW names another one. */
export function airflowPython() {
  return process.env.TRADEWIND_TEST_AIRFLOW || pythonIn(place, packages);
}

/** Makes it where it is not there. Returns why it could not be, or null. */
export function makeAirflow() {
  return airflowPython() === null ? makeEnvironment(place, packages) : null;
}

if (process.argv[1] !== undefined && import.meta.url === pathToFileURL(process.argv[1]).href) {
  const why = makeAirflow();
  console.log(why === null ? `Airflow: ${airflowPython()}` : `Airflow: none: ${why}`);
}
