/** Ctrl-K: finds Dags, tasks, runs, assets, experiments and models, and goes to every view. */
import { useEffect, useRef, useState } from "react";
import { useTranslation } from "react-i18next";
import { Icon } from "./icons.tsx";
import { type Entry, useEntries } from "./palette-entries.ts";

export function CommandPalette({ open, onClose }: { open: boolean; onClose: () => void }) {
  return open ? <Palette onClose={onClose} /> : null;
}

function Palette({ onClose }: { onClose: () => void }) {
  const { t } = useTranslation();
  const dialog = useRef<HTMLDialogElement>(null);
  const [text, setText] = useState("");
  const [at, setAt] = useState(0);
  useEffect(() => dialog.current?.showModal(), []);
  const entries = useEntries(text);
  const active = entries[Math.min(at, entries.length - 1)];
  const take = (entry: Entry | undefined): void => {
    if (entry === undefined) return;
    onClose();
    entry.run();
  };
  const keys: Record<string, () => void> = {
    ArrowDown: () => setAt((at + 1) % Math.max(1, entries.length)),
    ArrowUp: () => setAt((at - 1 + entries.length) % Math.max(1, entries.length)),
    Enter: () => take(active),
  };
  return (
    <dialog
      ref={dialog}
      aria-label={t("Search and commands")}
      onClose={onClose}
      onMouseDown={(event) => event.target === dialog.current && onClose()}
      className="mx-auto mt-[12vh] w-[min(36rem,calc(100vw-1.5rem))] rounded-xl border border-line bg-raised p-0 shadow-float"
    >
      <div className="flex items-center gap-2.5 border-b px-3.5">
        <span className="text-faint">
          <Icon name="search" size={17} />
        </span>
        <input
          role="combobox"
          aria-expanded="true"
          aria-controls="palette-list"
          aria-activedescendant={active === undefined ? undefined : `palette-${active.id}`}
          aria-label={t("Search and commands")}
          placeholder={t("Dag, task, run, experiment, model or a command")}
          value={text}
          autoFocus
          onChange={(event) => {
            setText(event.target.value);
            setAt(0);
          }}
          onKeyDown={(event) => {
            const act = keys[event.key];
            if (act === undefined) return;
            event.preventDefault();
            act();
          }}
          className="h-11 flex-1 bg-transparent outline-none placeholder:text-faint"
        />
        <kbd className="text-2xs text-faint">Esc</kbd>
      </div>
      <Results entries={entries} active={active} onPoint={setAt} onTake={take} />
    </dialog>
  );
}

function Results({
  entries,
  active,
  onPoint,
  onTake,
}: {
  entries: readonly Entry[];
  active: Entry | undefined;
  onPoint: (index: number) => void;
  onTake: (entry: Entry) => void;
}) {
  const { t } = useTranslation();
  return (
    <div
      id="palette-list"
      role="listbox"
      aria-label={t("Results")}
      className="max-h-[50vh] overflow-y-auto p-1.5"
    >
      {entries.length === 0 ? <p className="px-3 py-6 text-center text-soft">{t("Nothing found")}</p> : null}
      {entries.map((entry, index) => (
        <button
          key={entry.id}
          id={`palette-${entry.id}`}
          type="button"
          role="option"
          tabIndex={-1}
          aria-selected={entry === active}
          ref={(node) => {
            if (entry === active) node?.scrollIntoView({ block: "nearest" });
          }}
          onMouseMove={() => onPoint(index)}
          onClick={() => onTake(entry)}
          className={`flex w-full items-center gap-2.5 rounded-md px-2.5 py-2 text-left ${entry === active ? "bg-accent-soft" : ""}`}
        >
          <span className="text-faint">
            <Icon name={entry.icon} />
          </span>
          <span className="min-w-0 flex-1 truncate">{entry.label}</span>
          <span className="max-w-[45%] truncate text-xs text-faint">{entry.note}</span>
        </button>
      ))}
    </div>
  );
}
