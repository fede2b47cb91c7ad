/** Tells when a run that the person watches ends: in the page, and through the browser where it may. */
import { useEffect } from "react";
import { useTranslation } from "react-i18next";
import { hear } from "../api/live.ts";
import { hrefOf, paths } from "./link.tsx";
import { choose, storedChoice, useChoice } from "./preferences.ts";
import { say } from "./toast.tsx";

const nameOf = (dagId: string, runId: string): string => `${dagId}\n${runId}`;
const listOf = (text: string): string[] => (text === "" ? [] : (JSON.parse(text) as string[]));

export function useWatched(dagId: string, runId: string): [boolean, (watched: boolean) => void] {
  const list = listOf(useChoice("watched"));
  const name = nameOf(dagId, runId);
  const set = (watched: boolean): void => {
    const others = list.filter((one) => one !== name).slice(-49);
    choose("watched", JSON.stringify(watched ? [...others, name] : others));
    if (watched && "Notification" in window && Notification.permission === "default")
      void Notification.requestPermission();
  };
  return [list.includes(name), set];
}

export function WatchedRuns() {
  const { t } = useTranslation();
  useEffect(
    () =>
      hear(({ dag_id: dagId, run_id: runId, state }) => {
        if (runId === null) return;
        if (state !== "success" && state !== "failed") return;
        const list = listOf(storedChoice("watched"));
        const name = nameOf(dagId, runId);
        if (!list.includes(name)) return;
        choose("watched", JSON.stringify(list.filter((one) => one !== name)));
        const text =
          state === "success" ? t("{{dag}} succeeded", { dag: dagId }) : t("{{dag}} failed", { dag: dagId });
        say("news", `${text} · ${runId}`, hrefOf(paths.run(dagId, runId)));
        if ("Notification" in window && Notification.permission === "granted")
          void new Notification(text, { body: runId });
      }),
    [t],
  );
  return null;
}
