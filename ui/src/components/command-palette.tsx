/** Ctrl-K: finds Dags, tasks, runs, assets, experiments and models, and goes to every view. */
import { useEffect, useMemo, useRef, useState } from "react";
import { useTranslation } from "react-i18next";
import { useSearchHits } from "../api/queries.ts";
import type { SearchHit } from "../api/types.ts";
import { Icon, type IconName } from "./icons.tsx";
import { paths, useGo } from "./link.tsx";
import { choose } from "./preferences.ts";

interface Entry {
  id: string;
  icon: IconName;
  label: string;
  note: string;
  run: () => void;
}

export function CommandPalette({ open, onClose }: { open: boolean; onClose: () => void }) {
  return open ? <Palette onClose={onClose} /> : null;
}

function Palette({ onClose }: { onClose: () => void }) {
  const { t } = useTranslation();
  const dialog = useRef<HTMLDialogElement>(null);
  const [text, setText] = useState("");
  const [asked, setAsked] = useState("");
  const [at, setAt] = useState(0);
  useEffect(() => dialog.current?.showModal(), []);
  useEffect(() => {
    const timer = setTimeout(() => setAsked(text.trim()), 90);
    return () => clearTimeout(timer);
  }, [text]);
  const entries = useEntries(text, asked);
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
      <div
        id="palette-list"
        role="listbox"
        aria-label={t("Results")}
        className="max-h-[50vh] overflow-y-auto p-1.5"
      >
        {entries.length === 0 ? (
          <p className="px-3 py-6 text-center text-soft">{t("Nothing found")}</p>
        ) : null}
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
            onMouseMove={() => setAt(index)}
            onClick={() => take(entry)}
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
    </dialog>
  );
}

const icons: Record<SearchHit["kind"], IconName> = {
  dag: "dags",
  task: "list",
  run: "runs",
  asset: "assets",
  experiment: "flask",
  "tracked-run": "flask",
  model: "cube",
};

function pathOfHit(hit: SearchHit): string {
  if (hit.kind === "asset") return paths.asset(Number(hit.id));
  if (hit.kind === "experiment") return paths.experiment(hit.id);
  if (hit.kind === "tracked-run") return paths.anyRun(hit.id);
  if (hit.kind === "model") return paths.model(hit.id);
  if (hit.kind === "run") return paths.run(hit.dagId ?? "", hit.id);
  if (hit.kind === "task")
    return `/dags/${encodeURIComponent(hit.dagId ?? "")}/tasks/${encodeURIComponent(hit.id)}`;
  return paths.dag(hit.id);
}

function useEntries(text: string, asked: string): Entry[] {
  const { t } = useTranslation();
  const go = useGo();
  const { data: hits } = useSearchHits(asked);
  const commands = useMemo(() => {
    const views: [IconName, string, string][] = [
      ["home", t("Home"), paths.home],
      ["dags", t("Dags"), paths.dags],
      ["runs", t("Runs"), paths.runs],
      ["list", t("Task instances"), paths.instances],
      ["code", t("XComs"), paths.xcoms],
      ["assets", t("Assets"), paths.assets],
      ["inbox", t("Inbox"), paths.inbox],
      ["flask", t("Experiments"), paths.experiments],
      ["cube", t("Models"), paths.models],
      ["target", t("Studies"), paths.studies],
      ["rocket", t("Deployments"), paths.deployments],
      ["shield", t("Data quality and drift"), paths.checks],
      ["table", t("Features"), paths.features],
      ["lineage", t("Lineage"), paths.lineageSearch],
      ["alert", t("Import errors"), "/import_errors"],
      ["settings", t("Pools"), "/pools"],
      ["settings", t("Variables"), "/variables"],
      ["settings", t("Connections"), "/connections"],
      ["settings", t("Configuration"), "/configs"],
      ["settings", t("Jobs"), "/jobs"],
      ["settings", t("Plugins"), "/plugins"],
      ["history", t("Audit log"), "/events"],
    ];
    const themes = [
      ["sun", t("Light theme"), "light"],
      ["moon", t("Dark theme"), "dark"],
    ] as const;
    return [
      ...views.map(
        ([icon, label, to]): Entry => ({ id: to, icon, label, note: t("View"), run: () => go(to) }),
      ),
      ...themes.map(
        ([icon, label, theme]): Entry => ({
          id: theme,
          icon,
          label,
          note: t("Command"),
          run: () => choose("theme", theme),
        }),
      ),
    ];
  }, [t, go]);
  const names: Record<SearchHit["kind"], string> = {
    dag: t("Dag"),
    task: t("Task"),
    run: t("Run"),
    asset: t("Asset"),
    experiment: t("Experiment"),
    "tracked-run": t("Run"),
    model: t("Model"),
  };
  const words = text.trim().toLowerCase();
  const found = words === "" ? [] : (hits ?? []);
  return [
    ...found.map(
      (hit): Entry => ({
        id: `${hit.kind}-${hit.dagId}-${hit.id}`,
        icon: icons[hit.kind],
        label: hit.label,
        note: hit.dagId === null || hit.kind === "dag" ? names[hit.kind] : hit.dagId,
        run: () => go(pathOfHit(hit)),
      }),
    ),
    ...commands.filter(({ label }) => label.toLowerCase().includes(words)),
  ];
}
