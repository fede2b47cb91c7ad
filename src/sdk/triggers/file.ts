/** Fires when a file is there that matches a path or glob. */
import { defineTrigger } from "../trigger.ts";

/** `filepath` may be a glob; `pollInterval` in seconds. The event is the list of paths. */
export const FileTrigger = defineTrigger<{ filepath: string; recursive: boolean; pollInterval: number }>(
  "FileTrigger",
  async ({ filepath, recursive, pollInterval }, { signal, sleep }) => {
    const { findFiles } = await import("../../providers/files.ts");
    for (;;) {
      signal.throwIfAborted();
      const found = await findFiles(filepath, recursive);
      if (found.length > 0) return found;
      await sleep(pollInterval);
    }
  },
);

/** Fires when the file is there, and deletes it, so that it can come again (for asset watchers). */
export const FileDeleteTrigger = defineTrigger<{ filepath: string; pollInterval: number }>(
  "FileDeleteTrigger",
  async function* ({ filepath, pollInterval }, { signal, sleep }) {
    const { takeFile } = await import("../../providers/files.ts");
    while (!signal.aborted) {
      if (await takeFile(filepath)) yield { filepath };
      await sleep(pollInterval);
    }
  },
);
