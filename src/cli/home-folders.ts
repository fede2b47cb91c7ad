/** The folders that services write to, made before anything is started. */
import { accessSync, constants, mkdirSync } from "node:fs";
import type { Config } from "../config.ts";
import { TradewindError } from "../errors.ts";

/** @throws TradewindError TW_HOME_NOT_WRITABLE that names the folder. */
export function makeHomeFolders({ home, paths }: Config): void {
  for (const folder of [home, paths.logs, paths.artifacts, paths.versions, paths.run]) makeWritable(folder);
}

export function makeWritable(folder: string): void {
  try {
    mkdirSync(folder, { recursive: true });
    accessSync(folder, constants.W_OK);
  } catch (cause) {
    const code = (cause as NodeJS.ErrnoException).code ?? String(cause);
    throw new TradewindError(
      "TW_HOME_NOT_WRITABLE",
      `expected a folder that can be written: ${folder}, got ${code}`,
      { hint: "set TRADEWIND_HOME (or --home) to a folder of yours", cause },
    );
  }
}
