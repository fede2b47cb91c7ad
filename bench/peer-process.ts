/** A server of somebody else's that is started for a comparison: waited for, and what it said told when it does not come up. */
import { type ChildProcess, spawn } from "node:child_process";
import { createServer } from "node:net";
import { delimiter, dirname } from "node:path";

export interface PeerProcess {
  readonly process: ChildProcess;
  readonly readyMs: number;
  /** With all that it started. */
  stop(): void;
}

export function freePort(): Promise<number> {
  return new Promise((resolve) => {
    const server = createServer().listen(0, "127.0.0.1", () => {
      const { port } = server.address() as { port: number };
      server.close(() => resolve(port));
    });
  });
}

const startSeconds = 180;

/**
 * Starts `python -m mlflow …` and waits until an address answers.
 * @throws Error with the last lines of its output when it ends before, or does not answer within three minutes.
 */
export async function startMlflow(
  python: string,
  options: readonly string[],
  address: string,
): Promise<PeerProcess> {
  const begun = performance.now();
  // It starts uvicorn by its name, and that in a group of its own: the command is a shell that starts the server.
  const child = spawn(python, ["-m", "mlflow", ...options], {
    stdio: ["ignore", "pipe", "pipe"],
    detached: true,
    env: { ...process.env, PATH: `${dirname(python)}${delimiter}${process.env["PATH"] ?? ""}` },
  });
  let said = "";
  for (const stream of [child.stdout, child.stderr])
    stream.on("data", (text: Buffer) => (said = `${said}${text.toString()}`.slice(-4000)));
  let ended: string | null = null;
  child.once("exit", (code, signal) => (ended = `ended with ${signal ?? `exit code ${code}`}`));
  const stop = (): void => {
    if (ended === null && child.pid !== undefined) process.kill(-child.pid, "SIGTERM");
  };
  while (ended === null && performance.now() - begun < startSeconds * 1000) {
    const isUp = await fetch(address).then(
      ({ ok }) => ok,
      () => false,
    );
    if (isUp) return { process: child, readyMs: performance.now() - begun, stop };
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  stop();
  throw new Error(
    `mlflow ${options[0]} ${ended ?? `did not answer within ${startSeconds} s`}; it said:\n${said}`,
  );
}
