/** Keys that work everywhere, and the window that lists them. */
import { useEffect } from "react";
import { useTranslation } from "react-i18next";
import { Dialog } from "./dialog.tsx";
import { isTyping } from "./field.tsx";
import { paths, useGo } from "./link.tsx";

/** "g" and then a letter goes somewhere. */
const places: Record<string, string> = {
  h: paths.home,
  d: paths.dags,
  r: paths.runs,
  a: paths.assets,
  i: paths.inbox,
  e: paths.experiments,
  m: paths.models,
  s: paths.studies,
};

export function usePageKeys(open: { search: () => void; help: () => void }): void {
  const go = useGo();
  useEffect(() => {
    let going = 0;
    const press = (event: KeyboardEvent): void => {
      if ((event.ctrlKey || event.metaKey) && event.key.toLowerCase() === "k") {
        event.preventDefault();
        return open.search();
      }
      if (isTyping(event)) return;
      if (event.key === "?") return open.help();
      const to = places[event.key];
      if (Date.now() - going < 1200 && to !== undefined) {
        event.preventDefault();
        go(to);
      }
      going = event.key === "g" ? Date.now() : 0;
    };
    window.addEventListener("keydown", press);
    return () => window.removeEventListener("keydown", press);
  });
}

export function KeyboardHelp({ open, onClose }: { open: boolean; onClose: () => void }) {
  const { t } = useTranslation();
  const rows: [string, string][] = [
    ["Ctrl K", t("Search and commands")],
    ["/", t("To the search of a list")],
    ["g h", t("Home")],
    ["g d", t("Dags")],
    ["g r", t("Runs")],
    ["g a", t("Assets")],
    ["g i", t("Inbox")],
    ["g e", t("Experiments")],
    ["g m", t("Models")],
    ["g s", t("Studies")],
    ["← ↑ → ↓", t("Move in the grid; Enter opens")],
    ["e", t("In a log: to the next error")],
    ["n", t("In a log: to the next match")],
    ["w", t("In a log: wrap lines")],
    ["t", t("In a log: times")],
    ["x", t("In a log: fold groups")],
    ["f", t("In a log: the whole window")],
    ["?", t("This list")],
  ];
  return (
    <Dialog open={open} onClose={onClose} title={t("Keys")}>
      <dl className="grid grid-cols-[auto_1fr] items-center gap-x-4 gap-y-2">
        {rows.map(([keys, words]) => (
          <div key={keys} className="contents">
            <dt>
              <kbd className="rounded border border-line-strong bg-sunken px-1.5 py-0.5 font-mono text-xs">
                {keys}
              </kbd>
            </dt>
            <dd className="text-soft">{words}</dd>
          </div>
        ))}
      </dl>
    </Dialog>
  );
}
