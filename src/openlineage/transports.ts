/** The ways out: HTTP as Marquez and others take events, a file, the service log's stream. */
import { appendFile, mkdir, writeFile } from "node:fs/promises";
import { dirname } from "node:path";
import { promisify } from "node:util";
import { gzip } from "node:zlib";
import { RefusedEvent, type Transport } from "./emitter.ts";
import type { RunEvent } from "./events.ts";
import type { TransportSettings } from "./transport-settings.ts";

export interface TransportParts {
  /** For names of files. */
  now(): number;
  /** One line on standard output. */
  print(line: string): void;
}

export function createTransport(settings: TransportSettings, parts: TransportParts): Transport {
  switch (settings.type) {
    case "console":
      return { send: async (event) => parts.print(JSON.stringify(event)) };
    case "file":
      return fileTransport(settings, parts);
    case "http":
      return httpTransport(settings);
    case "composite": {
      const all = settings.transports.map((one) => createTransport(one, parts));
      return {
        // One that is away holds up the others no more than a try.
        send: async (event) => {
          const results = await Promise.allSettled(all.map((one) => one.send(event)));
          const failed = results.find((one) => one.status === "rejected");
          if (failed !== undefined && results.every((one) => one.status === "rejected")) throw failed.reason;
        },
      };
    }
  }
}

/** As OpenLineage's client: one file with a line for each event, or a file for each. */
function fileTransport(
  { path, append }: Extract<TransportSettings, { type: "file" }>,
  { now }: TransportParts,
): Transport {
  let count = 0;
  return {
    send: async (event) => {
      await mkdir(dirname(path), { recursive: true });
      const line = JSON.stringify(event);
      if (append) return appendFile(path, `${line}\n`);
      const stamp = new Date(now()).toISOString().replaceAll(/[-:T]/g, "").replace(/\..*/, "");
      return writeFile(`${path}-${stamp}-${process.pid}-${count++}.json`, line);
    },
  };
}

const zipped = promisify(gzip);
/** A later try may find it well. */
const retried = new Set([408, 425, 429, 500, 502, 503, 504]);

function httpTransport(settings: Extract<TransportSettings, { type: "http" }>): Transport {
  const { url, timeoutMs, headers } = settings;
  return {
    send: async (event: RunEvent) => {
      const text = JSON.stringify(event);
      const answer = await fetch(url, {
        method: "POST",
        headers: {
          "content-type": "application/json",
          ...(settings.gzip ? { "content-encoding": "gzip" } : {}),
          ...headers,
        },
        body: settings.gzip ? new Uint8Array(await zipped(text)) : text,
        signal: AbortSignal.timeout(timeoutMs),
      });
      await answer.body?.cancel();
      if (answer.ok) return;
      const what = `expected ${url} to take the event, got HTTP ${answer.status}`;
      throw retried.has(answer.status) ? new Error(what) : new RefusedEvent(what);
    },
  };
}
