/** Parts of forms and of the bars that filter lists. */
import { type ReactNode, useEffect, useId, useRef, useState } from "react";
import { useTranslation } from "react-i18next";
import { Button } from "./button.tsx";
import { Icon } from "./icons.tsx";
import { Menu, MenuChoice } from "./menu.tsx";

export function Field({
  label,
  hint,
  error,
  children,
}: {
  label: string;
  hint?: ReactNode;
  error?: string | null;
  children: (id: string) => ReactNode;
}) {
  const id = useId();
  return (
    <div className="flex flex-col gap-1">
      <label htmlFor={id} className="text-xs font-medium text-soft">
        {label}
      </label>
      {children(id)}
      {hint === undefined ? null : <p className="text-xs text-faint">{hint}</p>}
      {error ? (
        <p role="alert" className="text-xs text-danger-text">
          {error}
        </p>
      ) : null}
    </div>
  );
}

/** What is typed, which is told when the fingers rest. */
function useTyped(
  value: string,
  onChange: (value: string) => void,
): [typed: string, type: (text: string) => void] {
  const [typed, setTyped] = useState(value);
  const told = useRef(value);
  useEffect(() => {
    // The address changed by itself: back, or a link.
    if (value !== told.current) {
      told.current = value;
      setTyped(value);
    }
  }, [value]);
  useEffect(() => {
    if (typed === told.current) return;
    const timer = setTimeout(() => {
      told.current = typed;
      onChange(typed);
    }, 180);
    return () => clearTimeout(timer);
  }, [typed, onChange]);
  return [typed, setTyped];
}

/** Part of a text, as one filter among others. */
export function TextFilter({
  value,
  onChange,
  label,
}: {
  value: string;
  onChange: (value: string) => void;
  label: string;
}) {
  const [typed, type] = useTyped(value, onChange);
  return (
    <input
      type="search"
      aria-label={label}
      placeholder={label}
      value={typed}
      onChange={(event) => type(event.target.value)}
      className={`field w-28 ${typed === "" ? "" : "!border-accent !bg-accent-soft"}`}
    />
  );
}

/** Tells what was typed when the fingers rest. "/" comes here from anywhere. */
export function SearchField({
  value,
  onChange,
  label,
  className = "",
}: {
  value: string;
  onChange: (value: string) => void;
  label: string;
  className?: string;
}) {
  const [typed, type] = useTyped(value, onChange);
  const input = useRef<HTMLInputElement>(null);
  useEffect(() => {
    const focus = (event: KeyboardEvent): void => {
      if (event.key !== "/" || isTyping(event)) return;
      event.preventDefault();
      input.current?.focus();
    };
    window.addEventListener("keydown", focus);
    return () => window.removeEventListener("keydown", focus);
  }, []);
  return (
    <div className={`relative ${className}`}>
      <span className="pointer-events-none absolute top-2 left-2.5 text-faint">
        <Icon name="search" size={15} />
      </span>
      <input
        ref={input}
        type="search"
        aria-label={label}
        placeholder={label}
        value={typed}
        onChange={(event) => type(event.target.value)}
        className="field w-full pl-8"
      />
    </div>
  );
}

/** Keys of the page are not for somebody who writes. */
export function isTyping(event: KeyboardEvent): boolean {
  const target = event.target as HTMLElement | null;
  return (
    event.ctrlKey ||
    event.metaKey ||
    event.altKey ||
    target?.closest("input, textarea, select, [contenteditable], dialog, .cm-editor") != null
  );
}

export function Select<Value extends string>({
  value,
  options,
  onChange,
  label,
  id,
}: {
  value: Value;
  options: readonly { value: Value; label: string }[];
  onChange: (value: Value) => void;
  label?: string;
  id?: string;
}) {
  return (
    <select
      id={id}
      aria-label={label}
      value={value}
      onChange={(event) => onChange(event.target.value as Value)}
      className="field max-w-full min-w-0 pr-7"
    >
      {options.map((option) => (
        <option key={option.value} value={option.value}>
          {option.label}
        </option>
      ))}
    </select>
  );
}

/** One of a few, beside each other. */
export function Segments<Value extends string>({
  value,
  options,
  onChange,
  label,
}: {
  value: Value;
  options: readonly { value: Value; label: ReactNode; count?: number | undefined }[];
  onChange: (value: Value) => void;
  label: string;
}) {
  return (
    <div
      role="group"
      aria-label={label}
      className="inline-flex max-w-full overflow-x-auto rounded-md border border-line-strong bg-sunken p-0.5 [scrollbar-width:none]"
    >
      {options.map((option) => (
        <button
          key={option.value}
          type="button"
          aria-pressed={option.value === value}
          onClick={() => onChange(option.value)}
          className={`flex h-6.5 shrink-0 items-center gap-1.5 rounded px-2 text-xs font-medium ${option.value === value ? "bg-raised text-ink shadow-sm ring-1 ring-line-strong" : "text-soft hover:text-ink"}`}
        >
          {option.label}
          {option.count === undefined ? null : (
            <span className="text-faint tabular-nums">{option.count}</span>
          )}
        </button>
      ))}
    </div>
  );
}

/** A filter with many values, one at a time; it stands out while it holds something back. */
export function FilterMenu({
  title,
  value,
  options,
  onChange,
  usual,
}: {
  title: string;
  value: string;
  options: readonly { value: string; label: ReactNode }[];
  onChange: (value: string) => void;
  /** The value of one that always has a value, as long as nobody chooses another. */
  usual?: string;
}) {
  const { t } = useTranslation();
  const chosen = options.find((option) => option.value === value);
  const standsOut = chosen !== undefined && value !== usual;
  return (
    <Menu
      align="start"
      trigger={
        <Button className={standsOut ? "!border-accent !bg-accent-soft !text-accent-text" : ""}>
          <span className="max-w-56 truncate">
            {title}
            {chosen === undefined ? null : <>: {chosen.label}</>}
          </span>
          <Icon name="chevronDown" size={13} />
        </Button>
      }
    >
      <MenuChoice
        title={title}
        value={value}
        onChange={onChange}
        options={usual === undefined ? [{ value: "", label: t("Any") }, ...options] : options}
      />
    </Menu>
  );
}
