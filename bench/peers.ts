/** The engines beside Tradewind, one after another, each with a database of its own on one PostgreSQL. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { openDatabase } from "../src/store/connect.ts";
import { embeddedUrl, serverHome } from "../src/store/embedded/home.ts";
import { startEmbedded } from "../src/store/embedded/start.ts";
import type { Engine } from "./engine.ts";

type MakeEngine = (databaseUrl: string) => Promise<Engine>;

/** Modules of peers, by path: their packages are there only after bench/peers/install.mjs. */
const npmPeers: readonly [file: string, factory: string][] = [
  ["graphile-worker", "graphileWorker"],
  ["dbos", "dbos"],
  ["restate", "restate"],
];

export async function withPeers(
  which: { readonly npm: boolean; readonly airflow: boolean },
  work: (engine: Engine) => Promise<void>,
): Promise<void> {
  const home = mkdtempSync(join(tmpdir(), "tradewind-peers-"));
  const server = await startEmbedded({ home, role: "service", name: "peers" });
  try {
    const chosen = [
      ...(which.npm ? npmPeers : []),
      ...(which.airflow ? [["airflow", "airflow"] as const] : []),
    ];
    for (const [file, factory] of chosen) {
      try {
        await onPeer(server.url, home, { file, factory }, work);
      } catch (error) {
        console.error(`${file} failed: ${error instanceof Error ? error.stack : String(error)}`);
      }
    }
  } finally {
    await server.close();
    rmSync(home, { recursive: true, force: true });
  }
}

async function onPeer(
  url: string,
  home: string,
  { file, factory }: { file: string; factory: string },
  work: (engine: Engine) => Promise<void>,
): Promise<void> {
  const name = file.replace("-", "_");
  await createDatabase(url, name);
  const module = (await import(join(import.meta.dirname, "peers", `${file}.ts`))) as Record<
    string,
    MakeEngine
  >;
  const engine = await module[factory]?.(embeddedUrl(serverHome(home), name));
  if (engine === undefined) throw new Error(`${file}.ts exports no ${factory}`);
  try {
    await engine.start();
    await work(engine);
  } finally {
    await engine.stop();
  }
}

async function createDatabase(url: string, name: string): Promise<void> {
  const database = openDatabase({ url, poolSize: 1 });
  await database.run({ text: `CREATE DATABASE ${name}`, values: [] });
  await database.close();
}
