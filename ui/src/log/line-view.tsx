import { memo } from "react";
import { useTranslation } from "react-i18next";
import type { Json, LogLine } from "../api/types.ts";
import { Icon } from "../components/icons.tsx";
import { useFormat } from "../components/time.tsx";
import { type Piece, pieces, plainText } from "./ansi.ts";
import type { Group } from "./groups.ts";

export const isError = ({ level }: LogLine): boolean => level === "error" || level === "critical";

const looks: Record<LogLine["level"], string> = {
  debug: "text-faint",
  info: "",
  warning: "text-warn-text",
  error: "text-danger-text",
  critical: "text-danger-text font-semibold",
};

/** Fields that say nothing to somebody who reads the task's own log. */
const dull: ReadonlySet<string> = new Set(["stack", "causes", "error"]);

interface LineProps {
  line: LogLine;
  index: number;
  /** Among the lines that are not folded away. */
  place: number;
  top: number;
  depth: number;
  /** Set where the line begins one. */
  group: Group | null;
  isOpen: boolean;
  onToggle: (group: Group) => void;
  wrap: boolean;
  times: boolean;
  search: string;
  isMarked: boolean;
  measure: (node: Element | null) => void;
}

export const LineView = memo(function LineView({
  line,
  index,
  place,
  top,
  depth,
  group,
  isOpen,
  onToggle,
  wrap,
  times,
  search,
  isMarked,
  measure,
}: LineProps) {
  const format = useFormat();
  const at = Date.parse(line.time);
  const stack = line.fields?.["stack"];
  return (
    <div
      ref={measure}
      data-index={place}
      data-level={line.level}
      className={`absolute flex ${wrap ? "w-full" : "min-w-full"} gap-3 px-3 font-mono text-xs leading-5 ${isMarked ? "bg-warn-soft" : isError(line) ? "bg-danger-soft/60" : ""}`}
      style={{ transform: `translateY(${top}px)` }}
    >
      <span className="w-10 shrink-0 text-right text-faint tabular-nums select-none">{index + 1}</span>
      {times ? (
        <span className="hidden shrink-0 text-faint tabular-nums select-none sm:inline" title={line.time}>
          {Number.isNaN(at) ? "" : format(at, "clock")}
        </span>
      ) : null}
      <span
        style={depth === 0 ? {} : { paddingLeft: depth * 16 }}
        className={`min-w-0 flex-1 ${wrap ? "break-words whitespace-pre-wrap" : "whitespace-pre"} ${looks[line.level]}`}
      >
        {group === null ? (
          pieces(line.message).map((piece, at) => <PieceView key={at} piece={piece} search={search} />)
        ) : (
          <GroupHead group={group} isOpen={isOpen} onToggle={onToggle} />
        )}
        <Fields fields={line.fields} />
        {typeof stack === "string" ? (
          <span className="block opacity-85">{withoutMessage(stack, line.message)}</span>
        ) : null}
        <Causes causes={line.fields?.["causes"]} />
      </span>
    </div>
  );
});

function GroupHead({ group, isOpen, onToggle }: Pick<LineProps, "isOpen" | "onToggle"> & { group: Group }) {
  const { t } = useTranslation();
  return (
    <button
      type="button"
      aria-expanded={isOpen}
      onClick={() => onToggle(group)}
      className={`inline-flex items-center gap-1 font-semibold ${group.hasError ? "text-danger-text" : ""}`}
    >
      <Icon name={isOpen ? "chevronDown" : "chevronRight"} size={12} />
      {plainText(group.title) || t("Group")}
      <span className="font-normal text-faint">{group.end - group.start}</span>
    </button>
  );
}

/** A stack begins with the message that stands above it already. */
const withoutMessage = (stack: string, message: string): string =>
  stack.startsWith(message) ? stack.slice(message.length).replace(/^\n/, "") : stack;

function PieceView({ piece, search }: { piece: Piece; search: string }) {
  const plain = piece.color === null && !piece.bold && !piece.dim;
  const text = <Marked text={piece.text} search={search} />;
  if (plain) return text;
  return (
    <span
      className={`${piece.bold ? "font-bold" : ""} ${piece.dim ? "opacity-70" : ""}`}
      style={piece.color === null ? {} : { color: `var(--ansi-${piece.color % 8})` }}
    >
      {text}
    </span>
  );
}

function Marked({ text, search }: { text: string; search: string }) {
  if (search === "") return text;
  const parts: React.ReactNode[] = [];
  const lower = text.toLowerCase();
  const words = search.toLowerCase();
  let from = 0;
  for (let at = lower.indexOf(words); at >= 0; at = lower.indexOf(words, from)) {
    parts.push(text.slice(from, at), <mark key={at}>{text.slice(at, at + words.length)}</mark>);
    from = at + words.length;
  }
  return [...parts, text.slice(from)];
}

function Fields({ fields }: { fields: LogLine["fields"] }) {
  if (fields === undefined) return null;
  const shown = Object.entries(fields).filter(([name]) => !dull.has(name));
  return shown.map(([name, value]) => (
    <span key={name} className="ml-2 text-faint">
      {name}=<span className="text-soft">{typeof value === "string" ? value : JSON.stringify(value)}</span>
    </span>
  ));
}

function Causes({ causes }: { causes: Json | undefined }) {
  if (!Array.isArray(causes)) return null;
  return causes.map((cause, index) => {
    const { name, message, stack } = cause as { name?: string; message?: string; stack?: string };
    return (
      <span key={index} className="block opacity-85">
        caused by {stack ?? `${name}: ${message}`}
      </span>
    );
  });
}
