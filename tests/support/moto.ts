/** S3 as moto's server speaks it; skipped by name unless TRADEWIND_TEST_MOTO names a Python with `moto[server]`. */
import { spawn } from "node:child_process";
import { createServer } from "node:net";
import { describe, onTestFinished, vi } from "vitest";

const moto = process.env["TRADEWIND_TEST_MOTO"];

export const describeMoto: (name: string, body: () => void) => void =
  moto === undefined
    ? (name, body) => void describe.skip(`${name} (skipped: TRADEWIND_TEST_MOTO names no Python)`, body)
    : (name, body) => void describe(name, body);

function freePort(): Promise<number> {
  return new Promise((resolve) => {
    const server = createServer().listen(0, "127.0.0.1", () => {
      const { port } = server.address() as { port: number };
      server.close(() => resolve(port));
    });
  });
}

/** Its address, with a bucket named "bucket"; it ends with the test. */
export async function motoServer(): Promise<string> {
  const port = await freePort();
  const server = spawn(moto ?? "", ["-m", "moto.server", "-p", String(port)], { stdio: "ignore" });
  onTestFinished(() => void server.kill());
  const endpoint = `http://127.0.0.1:${port}`;
  // The server is up when it makes the bucket.
  const made = (): Promise<boolean> =>
    fetch(`${endpoint}/bucket`, { method: "PUT" }).then(
      ({ ok }) => ok,
      () => false,
    );
  await vi.waitUntil(made, { timeout: 60_000, interval: 200 });
  return endpoint;
}
