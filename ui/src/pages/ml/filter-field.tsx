/** A filter in MLflow's grammar: suggests names as one types, explains itself, and says where it is wrong. */
import { type ChangeEvent, type KeyboardEvent, useEffect, useId, useMemo, useRef, useState } from "react";
import { useTranslation } from "react-i18next";
import type { RunColumns } from "../../api/tracking-types.ts";
import { IconButton } from "../../components/button.tsx";
import { isTyping } from "../../components/field.tsx";
import { Icon } from "../../components/icons.tsx";
import { FilterHelp } from "./filter-help.tsx";

const attributes = ["run_name", "status", "start_time", "end_time", "user_id", "run_id", "artifact_uri"];
const datasets = ["dataset.name", "dataset.digest", "dataset.context"];

const needsQuotes = (key: string): boolean => !/^[\w./:-]+$/.test(key);
const written = (entity: string, key: string): string => `${entity}.${needsQuotes(key) ? `\`${key}\`` : key}`;

/** Names that may stand where the cursor is; none within a quoted text. */
export function suggestionsFor(text: string, cursor: number, known: RunColumns): string[] {
  const before = text.slice(0, cursor);
  if ((before.match(/'/g)?.length ?? 0) % 2 === 1) return [];
  const word = /[\w.`/:-]*$/.exec(before)?.[0] ?? "";
  if (word === "") return [];
  const all = [
    ...known.metrics.map((key) => written("metrics", key)),
    ...known.params.map((key) => written("params", key)),
    ...known.tags.map((key) => written("tags", key)),
    ...attributes.map((key) => `attributes.${key}`),
    ...datasets,
  ];
  const small = word.toLowerCase();
  return all.filter((one) => one.toLowerCase().includes(small) && one !== word).slice(0, 8);
}

/** A text that compares nothing is part of a name. */
export function filterOf(text: string): string {
  const trimmed = text.trim();
  const compares = /[=<>]|\b(like|ilike|in|is)\b/i.test(trimmed);
  return trimmed === "" || compares
    ? trimmed
    : `attributes.run_name ILIKE '%${trimmed.replaceAll("'", "''")}%'`;
}

/** What is typed, where, and which of the suggested names is next. */
function useFilterText(value: string, known: RunColumns, onChange: (text: string) => void) {
  const [text, setText] = useState(value);
  /** Null while nothing is suggested. */
  const [cursor, setCursor] = useState<number | null>(null);
  const [at, setAt] = useState(-1);
  const input = useRef<HTMLInputElement>(null);
  const told = useRef(value);
  useEffect(() => {
    // The address changed by itself: back, or a link.
    if (value !== told.current) setText(value);
    told.current = value;
  }, [value]);
  useFocusKey(input);
  const suggestions = useMemo(
    () => (cursor === null ? [] : suggestionsFor(text, cursor, known)),
    [text, cursor, known],
  );
  const take = (name: string): void => {
    const start =
      (cursor ?? text.length) - (/[\w.`/:-]*$/.exec(text.slice(0, cursor ?? undefined))?.[0].length ?? 0);
    const next = `${text.slice(0, start)}${name} `;
    setText(next + text.slice(cursor ?? text.length).trimStart());
    setCursor(null);
    setAt(-1);
    requestAnimationFrame(() => input.current?.setSelectionRange(next.length, next.length));
  };
  const apply = (whole: string): void => {
    setText(whole);
    setCursor(null);
    told.current = whole.trim();
    onChange(whole.trim());
  };
  const press = (event: KeyboardEvent): void => {
    const count = suggestions.length;
    if (event.key === "Escape" && count > 0) setCursor(null);
    else if (event.key === "ArrowDown" && count > 0) setAt((at + 1) % count);
    else if (event.key === "ArrowUp" && count > 0) setAt((at - 1 + count) % count);
    else if ((event.key === "Enter" || event.key === "Tab") && at >= 0 && at < count)
      take(suggestions[at] ?? "");
    else if (event.key === "Enter") return apply(text);
    else return;
    event.preventDefault();
  };
  const type = (event: ChangeEvent<HTMLInputElement>): void => {
    setText(event.target.value);
    setCursor(event.target.selectionStart);
    setAt(-1);
  };
  const leave = (): void => setCursor(null);
  return { text, at, suggestions, input, take, apply, press, type, leave };
}

export function FilterField({
  value,
  known,
  error,
  onChange,
}: {
  value: string;
  known: RunColumns;
  /** What the server said of it. */
  error: string | null;
  onChange: (text: string) => void;
}) {
  const { t } = useTranslation();
  const [helping, setHelping] = useState(false);
  const listId = useId();
  const errorId = useId();
  const { text, at, suggestions, input, take, apply, press, type, leave } = useFilterText(
    value,
    known,
    onChange,
  );
  return (
    <div className="relative min-w-0 grow basis-full sm:basis-80">
      <div className="relative flex items-center gap-1">
        <span className="pointer-events-none absolute top-2 left-2.5 text-faint">
          <Icon name="search" size={15} />
        </span>
        <input
          ref={input}
          type="text"
          role="combobox"
          aria-label={t("Filter runs")}
          aria-expanded={suggestions.length > 0}
          aria-controls={listId}
          aria-activedescendant={at >= 0 ? `${listId}-${at}` : undefined}
          aria-invalid={error !== null}
          aria-describedby={error === null ? undefined : errorId}
          autoComplete="off"
          spellCheck={false}
          placeholder="metrics.accuracy > 0.9 AND params.model = 'forest'"
          value={text}
          onChange={type}
          onKeyDown={press}
          onBlur={leave}
          className={`field w-full pl-8 font-mono text-xs ${error === null ? "" : "!border-danger"}`}
        />
        {text === "" ? null : (
          <IconButton icon="cross" label={t("Clear the filter")} onClick={() => apply("")} />
        )}
        <IconButton icon="info" label={t("Help with filters")} onClick={() => setHelping(true)} />
      </div>
      <Suggestions id={listId} names={suggestions} at={at} onTake={take} />
      {error === null ? null : (
        <p id={errorId} role="alert" className="mt-1 text-xs break-words text-danger-text">
          {error}
        </p>
      )}
      {helping ? (
        <FilterHelp
          onClose={() => setHelping(false)}
          onTake={(example) => {
            setHelping(false);
            apply(example);
          }}
        />
      ) : null}
    </div>
  );
}

function Suggestions({
  id,
  names,
  at,
  onTake,
}: {
  id: string;
  names: readonly string[];
  at: number;
  onTake: (name: string) => void;
}) {
  const { t } = useTranslation();
  return (
    <div
      id={id}
      role="listbox"
      aria-label={t("Suggestions")}
      hidden={names.length === 0}
      className="absolute z-40 mt-1 max-w-full overflow-hidden rounded-lg border bg-raised p-1 font-mono text-xs shadow-float"
    >
      {names.map((name, index) => (
        <div
          key={name}
          id={`${id}-${index}`}
          role="option"
          tabIndex={-1}
          aria-selected={index === at}
          onMouseDown={(event) => {
            event.preventDefault();
            onTake(name);
          }}
          className={`truncate rounded px-2 py-1 ${index === at ? "bg-accent-soft" : "hover:bg-sunken"}`}
        >
          {name}
        </div>
      ))}
    </div>
  );
}

/** "/" comes here from anywhere. */
function useFocusKey(input: React.RefObject<HTMLInputElement | null>): void {
  useEffect(() => {
    const focus = (event: globalThis.KeyboardEvent): void => {
      if (event.key !== "/" || isTyping(event)) return;
      event.preventDefault();
      input.current?.focus();
    };
    window.addEventListener("keydown", focus);
    return () => window.removeEventListener("keydown", focus);
  }, [input]);
}
