/** `tradewind serve`: one model behind a port, until a signal ends it. */
import type { Command } from "commander";
import { createModelServer } from "../api/inference/model-server.ts";
import { createModelHost } from "../api/inference/parts.ts";
import { TradewindError } from "../errors.ts";
import { systemClock } from "../time.ts";
import { type OpenedStore, openStore } from "./database-command.ts";
import { wholeNumber } from "./flags.ts";
import { catchInterrupts, underInterrupts } from "./interrupts.ts";
import { type GlobalFlags, openSession, type Session, withGlobalFlags } from "./session.ts";

interface ServeFlags extends GlobalFlags {
  modelUri: string;
  host: string;
  port: string;
  name?: string;
}

export function addServeCommand(root: Command): void {
  withGlobalFlags(root.command("serve"))
    .description("serve one model: /invocations as MLflow does, and the Open Inference Protocol v2")
    .requiredOption(
      "-m, --model-uri <uri>",
      "models:/name/version, models:/name@alias, or a folder with an MLmodel",
    )
    .option("-H, --host <address>", "address to listen on", "127.0.0.1")
    .option("-p, --port <n>", "port; 0 is a free one", "5000")
    .option("--name <name>", "its name under /v2/models; that of the registered model when not given")
    .action(serve);
}

async function serve(flags: ServeFlags): Promise<void> {
  const session = openSession(flags);
  const port = wholeNumber(flags.port, "--port", 0);
  const interrupts = catchInterrupts((name) => session.note(`${name}: stopping; once more ends at once`));
  await underInterrupts(interrupts, async () => {
    const store = isFolder(flags.modelUri) ? null : await openStore(session, "command");
    try {
      const server = await createModelServer({
        host: createModelHost(partsOf(session, store)),
        reference: isFolder(flags.modelUri) ? absolute(flags.modelUri) : flags.modelUri,
        name: flags.name ?? nameOf(flags.modelUri),
        database: store?.database ?? null,
        clock: systemClock,
        log: session.log("serve"),
      });
      const address = await server.listen({ host: flags.host, port });
      session.print(`${flags.modelUri} answers at ${address}/invocations. Ctrl-C ends it.`);
      await interrupts.received;
      await server.stop();
    } finally {
      await store?.close();
    }
  });
}

function partsOf(session: Session, store: OpenedStore | null) {
  const none = () => {
    throw new TradewindError("TW_MODEL_REFERENCE", "a folder was expected: no database is open");
  };
  return {
    config: session.config,
    database: store?.database ?? { row: none, rows: none, run: none },
    log: session.log("serve"),
  };
}

function isFolder(uri: string): boolean {
  return !uri.startsWith("models:");
}

function absolute(uri: string): string {
  return uri.startsWith("/") || uri.startsWith("file:") ? uri : `${process.cwd()}/${uri}`;
}

function nameOf(uri: string): string {
  return /^models:\/+([^/@]+)/.exec(uri)?.[1] ?? uri.split("/").filter(Boolean).at(-1) ?? "model";
}
