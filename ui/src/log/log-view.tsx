/** The log of a try: only the lines that are seen are drawn. */
import { useVirtualizer } from "@tanstack/react-virtual";
import { useEffect, useMemo, useRef, useState } from "react";
import { useTranslation } from "react-i18next";
import type { LogLine } from "../api/types.ts";
import { Button, IconButton } from "../components/button.tsx";
import { FilterMenu, isTyping, SearchField } from "../components/field.tsx";
import { useAddress } from "../components/link.tsx";
import { Empty } from "../components/page.tsx";
import { choose, useChoice } from "../components/preferences.ts";
import { plainText } from "./ansi.ts";
import type { LogRow } from "./groups.ts";
import { isError, LineView } from "./line-view.tsx";
import { type Folding, useFolding } from "./use-folding.ts";
import { type LogAt, useLog } from "./use-log.ts";

const levels = ["debug", "info", "warning", "error", "critical"] as const;

export function LogView({ at, turn }: { at: LogAt; turn: string }) {
  const { t } = useTranslation();
  const [address, change] = useAddress();
  const log = useLog(at, turn);
  const wrap = useChoice("wrapLogs") === "yes";
  const [full, setFull] = useState(false);
  const level = address["level"] ?? "";
  const source = address["source"] ?? "";
  const search = address["find"] ?? "";
  const lines = useMemo(() => filtered(log.lines, level, source), [log.lines, level, source]);
  const sources = useMemo(() => [...new Set(log.lines.map(({ logger }) => logger))].sort(), [log.lines]);
  const matches = useMemo(() => found(lines, search), [lines, search]);
  const [match, setMatch] = useState(0);
  const folding = useFolding(lines, search !== "");
  const list = useList(folding, wrap, log.isLive);
  const errors = useMemo(() => lines.flatMap((line, index) => (isError(line) ? [index] : [])), [lines]);
  const toError = (): void => {
    const next = errors.find((index) => index > list.marked) ?? errors[0];
    if (next !== undefined) list.show(next);
  };
  const toMatch = (step: number): void => {
    if (matches.length === 0) return;
    const next = (match + step + matches.length) % matches.length;
    setMatch(next);
    list.show(matches[next] as number);
  };
  useKeys({
    e: toError,
    w: () => choose("wrapLogs", wrap ? "no" : "yes"),
    f: () => setFull(!full),
    x: () => (folding.allOpen ? folding.foldAll() : folding.unfoldAll()),
    n: () => toMatch(1),
  });
  return (
    <section
      aria-label={t("Log")}
      className={`card flex min-h-72 flex-col overflow-hidden ${full ? "fixed inset-2 z-40" : "h-[max(24rem,calc(100vh-19rem))]"}`}
    >
      <div className="flex flex-wrap items-center gap-2 border-b px-3 py-2">
        <SearchField
          value={search}
          onChange={(find) => change({ find })}
          label={t("Search the log")}
          className="w-full sm:w-56"
        />
        {search === "" ? null : (
          <span className="flex items-center gap-1 text-xs text-soft">
            {t("{{count}} matches", { count: matches.length })}
            <IconButton icon="chevronDown" label={t("Next match")} onClick={() => toMatch(1)} />
          </span>
        )}
        <FilterMenu
          title={t("Level")}
          value={level}
          onChange={(next) => change({ level: next })}
          options={levels.map((one) => ({ value: one, label: one }))}
        />
        <FilterMenu
          title={t("Source")}
          value={source}
          onChange={(next) => change({ source: next })}
          options={sources.map((one) => ({ value: one, label: one === "" ? "–" : one }))}
        />
        {folding.hasGroups ? (
          <Button kind="ghost" onClick={folding.allOpen ? folding.foldAll : folding.unfoldAll}>
            {folding.allOpen ? t("Fold groups") : t("Unfold groups")}
          </Button>
        ) : null}
        {errors.length === 0 ? null : (
          <Button kind="danger" icon="alert" onClick={toError}>
            {t("To the first error")}
          </Button>
        )}
        <span className="ml-auto flex items-center gap-1">
          <span className="mr-1 text-xs text-faint tabular-nums" data-testid="log-size">
            {log.isLoading ? `${t("Loading")} ` : ""}
            {t("{{count}} lines", { count: lines.length })}
            {log.isLive ? ` · ${t("live")}` : ""}
          </span>
          <Button
            kind="ghost"
            small
            aria-pressed={wrap}
            onClick={() => choose("wrapLogs", wrap ? "no" : "yes")}
          >
            {wrap ? t("Do not wrap") : t("Wrap")}
          </Button>
          <IconButton icon="download" label={t("Download")} onClick={() => download(log.lines, at)} />
          <IconButton
            icon="expand"
            label={t("Whole window")}
            aria-pressed={full}
            onClick={() => setFull(!full)}
          />
        </span>
      </div>
      {log.isCut ? (
        <p className="bg-warn-soft px-3 py-1.5 text-xs text-warn-text">
          {t("The log is longer than a page can hold. `tradewind tasks logs` prints all of it.")}
        </p>
      ) : null}
      {lines.length === 0 && !log.isLoading ? (
        <Empty icon="list" title={log.lines.length === 0 ? t("Nothing is written yet") : t("No line fits")}>
          {log.error?.message}
        </Empty>
      ) : (
        <div
          ref={list.scroller}
          role="log"
          aria-label={t("Lines")}
          tabIndex={0}
          onScroll={list.onScroll}
          className="min-h-0 flex-1 overflow-auto bg-sunken py-2 outline-offset-[-2px]"
        >
          <div className="relative min-w-full" style={{ height: list.height }}>
            {list.items.map(({ index: place, start, key }) => {
              const { index, depth, group } = folding.rows[place] as LogRow;
              return (
                <LineView
                  key={key}
                  line={lines[index] as LogLine}
                  index={index}
                  place={place}
                  top={start}
                  depth={depth}
                  group={group}
                  isOpen={group !== null && folding.isOpen(group)}
                  onToggle={folding.toggle}
                  wrap={wrap}
                  search={search}
                  isMarked={index === list.marked}
                  measure={list.measure}
                />
              );
            })}
          </div>
        </div>
      )}
    </section>
  );
}

/** What is drawn of the list, where it stands, and whether it stays at its end. */
function useList(folding: Folding, wrap: boolean, isLive: boolean) {
  const count = folding.rows.length;
  const scroller = useRef<HTMLDivElement>(null);
  const [marked, setMarked] = useState(-1);
  const atEnd = useRef(true);
  const virtual = useVirtualizer({
    count,
    getScrollElement: () => scroller.current,
    estimateSize: () => 20,
    overscan: 30,
  });
  useEffect(() => virtual.measure(), [virtual, wrap]);
  useEffect(() => {
    // Who reads the end of a log that is being written goes on doing so.
    if (isLive && atEnd.current && count > 0) virtual.scrollToIndex(count - 1, { align: "end" });
  }, [virtual, count, isLive]);
  // After the groups around it were opened.
  const target = useRef(-1);
  useEffect(() => {
    if (target.current < 0) return;
    virtual.scrollToIndex(folding.placeOf(target.current), { align: "center" });
    target.current = -1;
  });
  return {
    scroller,
    marked,
    items: virtual.getVirtualItems(),
    height: virtual.getTotalSize(),
    measure: virtual.measureElement,
    show: (index: number): void => {
      setMarked(index);
      atEnd.current = false;
      target.current = index;
      folding.reveal(index);
    },
    onScroll: (): void => {
      const view = scroller.current;
      if (view !== null) atEnd.current = view.scrollHeight - view.scrollTop - view.clientHeight < 40;
    },
  };
}

function useKeys(keys: { [key: string]: () => void }): void {
  useEffect(() => {
    const press = (event: KeyboardEvent): void => {
      const act = keys[event.key];
      if (act === undefined || isTyping(event)) return;
      event.preventDefault();
      act();
    };
    window.addEventListener("keydown", press);
    return () => window.removeEventListener("keydown", press);
  });
}

function filtered(lines: readonly LogLine[], level: string, source: string): readonly LogLine[] {
  if (level === "" && source === "") return lines;
  const least = levels.indexOf(level as (typeof levels)[number]);
  return lines.filter(
    (line) => levels.indexOf(line.level) >= least && (source === "" || line.logger === source),
  );
}

function found(lines: readonly LogLine[], search: string): number[] {
  const words = search.toLowerCase();
  if (words === "") return [];
  return lines.flatMap(({ message }, index) => (message.toLowerCase().includes(words) ? [index] : []));
}

function download(lines: readonly LogLine[], at: LogAt): void {
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
