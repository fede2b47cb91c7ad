/** The files of request logs, through the server's artifact proxy or out of the store itself. */
import { buffer } from "node:stream/consumers";
import type { ArtifactStore } from "../../artifacts/artifact-store.ts";
import { TradewindError } from "../../errors.ts";
import type { TrackingClient } from "../tracking/client.ts";
import type { LogFiles } from "./request-log-reading.ts";

const root = "mlflow-artifacts:/";

/** For a task. */
export function requestFilesOf(client: TrackingClient): LogFiles {
  return {
    list: (folder) => client.listFiles(root + folder),
    read: (path) => client.download(root, path),
  };
}

/** For the server. */
export function requestFilesIn(store: Pick<ArtifactStore, "list" | "read">): LogFiles {
  const below = async (folder: string, prefix: string): Promise<string[]> => {
    const entries = await store.list(folder);
    const paths = entries.map(async ({ name, isFolder }) =>
      isFolder ? below(`${folder}/${name}`, `${prefix}${name}/`) : [prefix + name],
    );
    return (await Promise.all(paths)).flat();
  };
  return {
    list: (folder) => below(folder, ""),
    async read(path) {
      const content = await store.read(path);
      if (content === null) throw new TradewindError("TW_ARTIFACT_NOT_FOUND", `there is no artifact ${path}`);
      return new Uint8Array(await buffer(content.stream));
    },
  };
}
