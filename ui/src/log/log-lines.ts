/** Which lines of a log fit, which hold what is looked for, and all of them as a file. */
import type { LogLine } from "../api/types.ts";
import { plainText } from "./ansi.ts";
import type { LogAt } from "./use-log.ts";

export const levels = ["debug", "info", "warning", "error", "critical"] as const;

/** Lines of at least a level, from one logger; an empty text is any. */
export function filtered(lines: readonly LogLine[], level: string, source: string): readonly LogLine[] {
  if (level === "" && source === "") return lines;
  const least = levels.indexOf(level as (typeof levels)[number]);
  return lines.filter(
    (line) => levels.indexOf(line.level) >= least && (source === "" || line.logger === source),
  );
}

/** Places of the lines that hold a text. */
export function found(lines: readonly LogLine[], search: string): number[] {
  const words = search.toLowerCase();
  if (words === "") return [];
  return lines.flatMap(({ message }, index) => (message.toLowerCase().includes(words) ? [index] : []));
}

export function saveLog(lines: readonly LogLine[], at: LogAt): void {
  const text = lines.map(({ time, level, logger, message, fields }) =>
    [`${time} ${level.toUpperCase()} ${logger}: ${plainText(message)}`, fields?.["stack"]]
      .filter(Boolean)
      .join("\n"),
  );
  const link = document.createElement("a");
  link.href = URL.createObjectURL(new Blob([text.join("\n"), "\n"], { type: "text/plain" }));
  link.download = `${at.dagId}.${at.taskId}.${at.tryNumber}.log`;
  link.click();
  URL.revokeObjectURL(link.href);
}
