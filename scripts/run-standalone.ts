/** `tradewind standalone` on a home of its own, for what looks at it from outside: tests in a browser, and pictures. */
import { spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { join } from "node:path";

const root = join(import.meta.dirname, "..");

export interface Standalone {
  readonly url: string;
  /** Of the user `admin`; empty where the home has users already. */
  readonly password: string;
  stop(): Promise<void>;
}

/** `settings` are environment variables, `TRADEWIND__API__…`; the port is a free one unless they name one. */
export async function runStandalone(
  home: string,
  dagsFolder: string,
  settings: Readonly<Record<string, string>> = {},
): Promise<Standalone> {
  const args = [join(root, "bin/tradewind.mjs"), "standalone", "--home", home, "--dags-folder", dagsFolder];
  const { DATABASE_URL: _, ...environment } = process.env;
  const env = { ...environment, TRADEWIND__API__PORT: "0", ...settings };
  const child = spawn(process.execPath, args, { env, stdio: ["ignore", "pipe", "pipe"] });
  let said = "";
  const { promise: ready, resolve, reject } = Promise.withResolvers<void>();
  // Only the first start on a home makes a user.
  const isFirst = !existsSync(join(home, "secret.key"));
  const hear = (chunk: Buffer): void => {
    said += chunk.toString();
    if (/ready at http/.test(said) && (!isFirst || /with the password \S+,/.test(said))) resolve();
  };
  child.stdout.on("data", hear);
  child.stderr.on("data", hear);
  const ended = new Promise<void>((done) => child.once("exit", () => done()));
  void ended.then(() => reject(new Error(`standalone ended: ${said}`)));
  await ready;
  return {
    url: /ready at (http\S+)\./.exec(said)?.[1] ?? "",
    password: /with the password (\S+),/.exec(said)?.[1] ?? "",
    async stop() {
      child.kill("SIGTERM");
      await ended;
    },
  };
}
