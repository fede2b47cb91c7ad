/** Above a log: what is looked for, which lines are shown, and how. */
import { useTranslation } from "react-i18next";
import type { LogLine } from "../api/types.ts";
import { Button, IconButton } from "../components/button.tsx";
import { FilterMenu, SearchField } from "../components/field.tsx";
import { useAddress } from "../components/link.tsx";
import { choose, useChoice } from "../components/preferences.ts";
import { levels, saveLog } from "./log-lines.ts";
import type { Folding } from "./use-folding.ts";
import type { Jumps } from "./use-jumps.ts";
import type { LoadedLog, LogAt } from "./use-log.ts";

/** Which lines are shown, as the address has it. */
export function useLineChoice() {
  const [address] = useAddress();
  return {
    level: address["level"] ?? "",
    source: address["source"] ?? "",
    search: address["find"] ?? "",
  };
}

/** How they are shown: kept for this browser. */
export function useLineLook() {
  const wrap = useChoice("wrapLogs") === "yes";
  const times = useChoice("logTimes") === "yes";
  return {
    wrap,
    times,
    turnWrap: () => choose("wrapLogs", wrap ? "no" : "yes"),
    turnTimes: () => choose("logTimes", times ? "no" : "yes"),
  };
}

interface LogToolsProps {
  log: LoadedLog;
  at: LogAt;
  /** Lines that fit. */
  count: number;
  sources: readonly string[];
  folding: Folding;
  jumps: Jumps;
  isFull: boolean;
  onFull: () => void;
}

export function LogTools(props: LogToolsProps) {
  const { t } = useTranslation();
  const { folding, jumps, sources } = props;
  return (
    <div className="flex flex-wrap items-center gap-2 border-b px-3 py-2">
      <Search jumps={jumps} />
      <Filters sources={sources} />
      {folding.hasGroups ? (
        <Button kind="ghost" onClick={folding.allOpen ? folding.foldAll : folding.unfoldAll}>
          {folding.allOpen ? t("Fold groups") : t("Unfold groups")}
        </Button>
      ) : null}
      {jumps.errors === 0 ? null : (
        <Button kind="danger" icon="alert" onClick={jumps.toError}>
          {jumps.isAmongErrors ? t("To the next error") : t("To the first error")}
        </Button>
      )}
      <Look {...props} />
    </div>
  );
}

function Search({ jumps: { matches, match, toMatch } }: { jumps: Jumps }) {
  const { t } = useTranslation();
  const [, change] = useAddress();
  const { search } = useLineChoice();
  return (
    <>
      <SearchField
        value={search}
        onChange={(find) => change({ find })}
        label={t("Search the log")}
        className="w-full sm:w-56"
      />
      {search === "" ? null : (
        <span className="flex items-center gap-1 text-xs text-soft tabular-nums">
          {match === 0 ? t("{{count}} matches", { count: matches }) : `${match} / ${matches}`}
          <IconButton icon="chevronUp" label={t("Match before")} onClick={() => toMatch(-1)} />
          <IconButton icon="chevronDown" label={t("Next match")} onClick={() => toMatch(1)} />
        </span>
      )}
    </>
  );
}

function Filters({ sources }: { sources: readonly LogLine["logger"][] }) {
  const { t } = useTranslation();
  const [, change] = useAddress();
  const { level, source } = useLineChoice();
  return (
    <>
      <FilterMenu
        title={t("Level")}
        value={level}
        onChange={(next) => change({ level: next })}
        options={levels.map((one) => ({ value: one, label: one }))}
      />
      {sources.length < 2 && source === "" ? null : (
        <FilterMenu
          title={t("Source")}
          value={source}
          onChange={(next) => change({ source: next })}
          options={sources.map((one) => ({ value: one, label: one === "" ? "–" : one }))}
        />
      )}
    </>
  );
}

function Look({ log, at, count, isFull, onFull }: LogToolsProps) {
  const { t } = useTranslation();
  const { wrap, times, turnWrap, turnTimes } = useLineLook();
  return (
    <span className="ml-auto flex items-center gap-1">
      <span className="mr-1 text-xs text-faint tabular-nums" data-testid="log-size">
        {log.isLoading ? `${t("Loading")} ` : ""}
        {t("{{count}} lines", { count })}
        {log.isLive ? ` · ${t("live")}` : ""}
      </span>
      <Button kind="ghost" small aria-pressed={wrap} onClick={turnWrap}>
        {wrap ? t("Do not wrap") : t("Wrap")}
      </Button>
      <IconButton
        icon="clock"
        label={times ? t("Without times") : t("With times")}
        aria-pressed={times}
        onClick={turnTimes}
      />
      <IconButton icon="download" label={t("Download")} onClick={() => saveLog(log.lines, at)} />
      <IconButton icon="expand" label={t("Whole window")} aria-pressed={isFull} onClick={onFull} />
    </span>
  );
}
