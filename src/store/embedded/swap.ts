/**
 * The last step of an upgrade of the data folder. A whole new folder stands ready under a name of its own before
 * the old one is moved away; when the process is killed between the two, there is no data folder, and the next
 * start puts the ready one in its place instead of making an empty one.
 */
import { existsSync, renameSync } from "node:fs";

export const readySuffix = ".upgraded";

export function finishSwap(data: string): void {
  if (!existsSync(data) && existsSync(`${data}${readySuffix}`)) renameSync(`${data}${readySuffix}`, data);
}
