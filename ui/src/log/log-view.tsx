/** The log of a try: only the lines that are seen are drawn. */
import { useEffect, useMemo, useState } from "react";
import { useTranslation } from "react-i18next";
import type { LogLine } from "../api/types.ts";
import { isTyping } from "../components/field.tsx";
import { Empty } from "../components/page.tsx";
import type { LogRow } from "./groups.ts";
import { LineView } from "./line-view.tsx";
import { filtered } from "./log-lines.ts";
import { LogTools, useLineChoice, useLineLook } from "./log-tools.tsx";
import { type Folding, useFolding } from "./use-folding.ts";
import { useJumps } from "./use-jumps.ts";
import { type LineList, useLineList } from "./use-line-list.ts";
import { type LogAt, useLog } from "./use-log.ts";

export function LogView({ at, turn }: { at: LogAt; turn: string }) {
  const { t } = useTranslation();
  const log = useLog(at, turn);
  const { level, source, search } = useLineChoice();
  const { wrap, turnWrap, turnTimes } = useLineLook();
  const [isFull, setFull] = useState(false);
  const lines = useMemo(() => filtered(log.lines, level, source), [log.lines, level, source]);
  const sources = useMemo(() => [...new Set(log.lines.map(({ logger }) => logger))].sort(), [log.lines]);
  const folding = useFolding(lines, search !== "");
  const list = useLineList(folding, wrap, log.isLive);
  const jumps = useJumps(lines, search, list);
  const turnFull = (): void => setFull(!isFull);
  useKeys({
    e: jumps.toError,
    w: turnWrap,
    t: turnTimes,
    f: turnFull,
    x: folding.allOpen ? folding.foldAll : folding.unfoldAll,
    n: () => jumps.toMatch(1),
    N: () => jumps.toMatch(-1),
  });
  return (
    <section
      aria-label={t("Log")}
      className={`card flex min-h-72 flex-col overflow-hidden ${isFull ? "fixed inset-2 z-40" : "h-[max(24rem,calc(100vh-19rem))]"}`}
    >
      <LogTools {...{ log, at, sources, folding, jumps, isFull }} count={lines.length} onFull={turnFull} />
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
        <Lines lines={lines} folding={folding} list={list} />
      )}
    </section>
  );
}

function Lines({ lines, folding, list }: { lines: readonly LogLine[]; folding: Folding; list: LineList }) {
  const { t } = useTranslation();
  const { search } = useLineChoice();
  const { wrap, times } = useLineLook();
  return (
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
              times={times}
              search={search}
              isMarked={index === list.marked}
              measure={list.measure}
            />
          );
        })}
      </div>
    </div>
  );
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
