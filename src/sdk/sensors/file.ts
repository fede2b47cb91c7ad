/** Waits for a file. */
import { getClient } from "../context.ts";
import { defineSensor } from "../operator.ts";
import { option } from "../options.ts";
import { defer } from "../outcomes.ts";
import { FileTrigger } from "../triggers/file.ts";

export interface FileSensorOptions {
  /** A file, a folder that must hold a file, or a glob; relative to the path of the connection. */
  readonly filepath: string;
  /** A connection of type fs whose extra has `path`. Default "fs_default"; "/" where there is none. */
  readonly fsConnId?: string;
  /** `**` of a glob and folders at any depth. Default false. */
  readonly recursive?: boolean;
  /** Waits without a slot. Default false. */
  readonly deferrable?: boolean;
}

/**
 * Waits until a file is there (Airflow's FileSensor). Its result is the list of what was found.
 *
 * @example
 * dag.add(new FileSensor({ taskId: "arrived", filepath: "/data/{{ ds }}/*.csv", pokeInterval: 30, mode: "reschedule" }));
 */
export const FileSensor = defineSensor<FileSensorOptions, string[]>({
  name: "FileSensor",
  options: {
    filepath: option.nonEmpty({ required: true }),
    fsConnId: option.nonEmpty(),
    recursive: option.boolean(),
    deferrable: option.boolean(),
  },
  templateFields: ["filepath"],
  uiColor: "#91818a",
  async start(options, context) {
    if (!options.deferrable) return;
    const { pokeInterval, timeout } = context.task.sensor ?? { pokeInterval: 60, timeout: 604_800 };
    const trigger = FileTrigger({
      filepath: await pathOf(options),
      recursive: options.recursive ?? false,
      pollInterval: pokeInterval,
    });
    defer(trigger, { timeout });
  },
  resume: { executeComplete: (_, __, { event }) => event },
  async poke(options) {
    const { findFiles } = await import("../../providers/files.ts");
    const found = await findFiles(await pathOf(options), options.recursive ?? false);
    return { isDone: found.length > 0, value: found };
  },
});

async function pathOf({ filepath, fsConnId = "fs_default" }: FileSensorOptions): Promise<string> {
  if (filepath.startsWith("/")) return filepath;
  const connection = await getClient().getConnection(fsConnId);
  const extra = connection?.extra ? (JSON.parse(connection.extra) as { path?: unknown }) : {};
  const base = typeof extra.path === "string" ? extra.path : "/";
  return `${base.replace(/\/$/, "")}/${filepath}`;
}
