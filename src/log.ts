/** The log of the services (tasks have files of their own): one JSON object a line, or text on a terminal. */
import { type Logger, pino } from "pino";

export type { Logger } from "pino";

export interface LogOptions {
  readonly level: string;
  readonly format: "auto" | "text" | "json";
  readonly component: string;
}

/** Where log lines go; a display that draws over itself puts itself before it while it draws. */
export const logOutput = {
  write(line: string): void {
    process.stderr.write(line);
  },
};

/** Written synchronously to standard error, so that the last lines before a crash are there. */
export function createLog({ level, format, component }: LogOptions): Logger {
  const asText = format === "text" || (format === "auto" && process.stderr.isTTY);
  const target = { write: (line: string) => logOutput.write(asText ? textLine(line) : line) };
  return pino(
    {
      level: level === "warning" ? "warn" : level === "critical" ? "fatal" : level,
      base: { component },
      timestamp: pino.stdTimeFunctions.isoTime,
      formatters: { level: (label) => ({ level: label }) },
    },
    target,
  );
}

/** For tests and for commands that print their own results. */
export function silentLog(): Logger {
  return pino({ level: "silent" });
}

function textLine(json: string): string {
  const { time, level, component, msg, err, ...rest } = JSON.parse(json) as Record<string, unknown>;
  const more = Object.entries(rest).map(
    ([key, value]) => ` ${key}=${typeof value === "string" ? value : JSON.stringify(value)}`,
  );
  const error = err ? `\n${(err as { stack?: string }).stack ?? JSON.stringify(err)}` : "";
  return `${String(time).slice(11, 23)} ${String(level).padEnd(5)} ${String(component)}: ${String(msg)}${more.join("")}${error}\n`;
}
