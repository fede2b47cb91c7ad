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
  const hasEnded = (): boolean => child.exitCode !== null || child.signalCode !== null;
  const stop = (): void => {
    if (!hasEnded() && child.pid !== undefined) process.kill(-child.pid, "SIGTERM");
  };
  while (!hasEnded() && performance.now() - begun < startSeconds * 1000) {
    const isUp = await fetch(address).then(
      ({ ok }) => ok,
      () => false,
    );
    if (isUp) return { process: child, readyMs: performance.now() - begun, stop };
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  const problem = hasEnded() ? "ended" : `did not answer within ${startSeconds} s`;
  stop();
  throw new Error(`mlflow ${options[0]} ${problem}; it said:\n${said}`);
}
