/** Restate: a handler whose journaled steps are the tasks; server and service are processes of this machine (class A). */
import { type ChildProcess, spawn } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Engine, fibo } from "../engine.ts";

const [ingress, admin, service] = [18_080, 19_070, 19_080];

export async function restate(): Promise<Engine> {
  process.env["RESTATE_LOGGING"] = "ERROR";
  const sdk = await import("@restatedev/restate-sdk");
  const home = mkdtempSync(join(tmpdir(), "restate-"));
  let server: ChildProcess;
  const chains = sdk.service({
    name: "chains",
    handlers: {
      run: async (ctx, { length, n }: { length: number; n: number }) => {
        for (let i = 0; i < length; i++) await ctx.run(`t${i}`, async () => fibo(n));
      },
    },
  });
  const call = async (length: number, n: number): Promise<void> => {
    const answer = await fetch(`http://127.0.0.1:${ingress}/chains/run`, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify({ length, n }),
    });
    if (!answer.ok) throw new Error(`restate answered ${answer.status}: ${await answer.text()}`);
    await answer.arrayBuffer();
  };
  return {
    name: "Restate 1.7",
    isolation: "A",
    async start() {
      const binary = join(
        import.meta.dirname,
        "node_modules/@restatedev/restate-server-linux-x64/bin/restate-server",
      );
      server = spawn(binary, ["--base-dir", home], {
        stdio: "ignore",
        env: {
          ...process.env,
          RESTATE_INGRESS__BIND_ADDRESS: `127.0.0.1:${ingress}`,
          RESTATE_ADMIN__BIND_ADDRESS: `127.0.0.1:${admin}`,
          RUST_LOG: "error",
        },
      });
      sdk.serve({ services: [chains], port: service });
      await until(async () => (await fetch(`http://127.0.0.1:${admin}/health`)).ok);
      await until(async () => (await register()).ok);
      await until(async () => call(1, 1).then(() => true));
    },
    async stop() {
      server.kill("SIGKILL");
      rmSync(home, { recursive: true, force: true });
    },
    async chain(length, n) {
      const begin = performance.now();
      await call(length, n);
      return performance.now() - begin;
    },
    async chains(runs, length) {
      const begin = performance.now();
      await Promise.all(Array.from({ length: runs }, () => call(length, 1)));
      return performance.now() - begin;
    },
  };
}

function register(): Promise<Response> {
  return fetch(`http://127.0.0.1:${admin}/deployments`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ uri: `http://127.0.0.1:${service}` }),
  });
}

/** Asks until the answer is yes; the server listens some time after it was started. */
async function until(ask: () => Promise<boolean>): Promise<void> {
  const end = performance.now() + 30_000;
  for (;;) {
    const yes = await ask().catch(() => false);
    if (yes) return;
    if (performance.now() > end) throw new Error("restate-server did not answer within 30 s");
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}
