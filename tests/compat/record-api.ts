/**
 * Records what a real Airflow answers to the calls of api-calls.ts. Start it with fixtures/compat_dags.py as its only
 * Dag file, `[api] expose_config = True` and a fresh database, and then:
 *
 *     node tests/compat/record-api.ts http://127.0.0.1:8080 admin PASSWORD > tests/compat/fixtures/api.json
 */
import { delay } from "../../src/time.ts";
import { sendCalls } from "./api-calls.ts";

const [base = "", username, password] = process.argv.slice(2);
const signIn = await fetch(`${base}/auth/token`, {
  method: "POST",
  headers: { "content-type": "application/json" },
  body: JSON.stringify({ username, password }),
});
const { access_token: token } = (await signIn.json()) as { access_token: string };
const recorded = await sendCalls(base, { authorization: `Bearer ${token}` }, delay);
process.stdout.write(`${JSON.stringify(recorded, null, 1)}\n`);
