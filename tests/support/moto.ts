/**
 * S3 as moto's server speaks it: of the Python that tests use, or of the one that TRADEWIND_TEST_MOTO names. Skipped by name
 * where that has no moto.
 */
import { type ChildProcess, spawn } from "node:child_process";
import { createServer } from "node:net";
import { describe, vi } from "vitest";
import { isInstalled, python } from "../python/find-python.ts";

const candidate = process.env["TRADEWIND_TEST_MOTO"] ?? python;

/** The Python that has it, else null. */
export const moto: string | null = candidate !== null && isInstalled(candidate, "moto") ? candidate : null;

export const describeMoto: (name: string, body: () => void) => void =
  moto === null
    ? (name, body) => void describe.skip(`${name} (skipped: the Python of tests has no moto)`, body)
    : (name, body) => void describe(name, body);

function freePort(): Promise<number> {
  return new Promise((resolve) => {
    const server = createServer().listen(0, "127.0.0.1", () => {
      const { port } = server.address() as { port: number };
      server.close(() => resolve(port));
    });
  });
}

export interface Moto {
  readonly endpoint: string;
  readonly process: ChildProcess;
}

/** With a bucket named "bucket". Whoever starts it ends its process. @param python One that has moto. */
export async function startMoto(python = moto): Promise<Moto> {
  if (python === null) throw new Error("this test needs a Python with moto");
  const port = await freePort();
  const process = spawn(python, ["-m", "moto.server", "-p", String(port)], { stdio: "ignore" });
  const endpoint = `http://127.0.0.1:${port}`;
  // The server is up when it makes the bucket.
  const made = (): Promise<boolean> =>
    fetch(`${endpoint}/bucket`, { method: "PUT" }).then(
      ({ ok }) => ok,
      () => false,
    );
  await vi.waitUntil(made, { timeout: 60_000, interval: 100 });
  return { endpoint, process };
}
