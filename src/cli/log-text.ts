/** A record of a task's log as text for people: time, level, who wrote it, message; stack and causes below. */
import pc from "picocolors";
import type { Json } from "../core/dag-model.ts";
import type { LogRecord } from "../logs/log-record.ts";
import type { LogLevel } from "../runtime/protocol.ts";

const own = new Set(["time", "level", "logger", "message"]);
/** Fields that say again what the message says. */
const told = new Set(["state", "seconds", "try_number", "max_tries", "code"]);

export function recordText(record: LogRecord, colours: boolean): string {
  const time = record.time === "" ? "" : `[${record.time.slice(11, 23)}] `;
  const { stack, causes, ...fields } = record;
  const more = Object.entries(fields)
    .filter(([name]) => !own.has(name) && !(told.has(name) && record.logger !== ""))
    .map(([name, value]) => ` ${name}=${typeof value === "string" ? value : JSON.stringify(value)}`)
    .join("");
  const source = record.logger === "" || record.logger === "task.stdout" ? "" : `${record.logger}: `;
  const head = `${time}${record.level.toUpperCase().padEnd(8)} ${source}${record.message}${more}`;
  const paint = colours ? painter(record.level) : (text: string) => text;
  const lines = [...framesOf(stack), ...causesText(causes)];
  return [paint(head), ...lines.map((line) => (colours ? pc.dim(line) : line))].join("\n");
}

/** The stack without its first lines, which repeat the message. */
function framesOf(stack: Json | undefined): string[] {
  if (typeof stack !== "string") return [];
  return stack.split("\n").filter((line) => /^\s+at /.test(line));
}

function causesText(causes: Json | undefined): string[] {
  if (!Array.isArray(causes)) return [];
  return causes.flatMap((cause) => {
    const { name, message, stack } = cause as { name: string; message: string; stack?: string };
    return [`  caused by ${name}: ${message}`, ...framesOf(stack)];
  });
}

function painter(level: LogLevel): (text: string) => string {
  switch (level) {
    case "critical":
    case "error":
      return pc.red;
    case "warning":
      return pc.yellow;
    case "debug":
      return pc.dim;
    default:
      return (text) => text;
  }
}
