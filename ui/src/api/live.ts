/**
 * One stream of events for the whole page. An event says what changed; the views that show it ask again, at most a
 * few times a second. While the stream is down the page says so and looks by itself now and then.
 */
import type { QueryClient } from "@tanstack/react-query";
import { useSyncExternalStore } from "react";
import { addressOf } from "./client.ts";

export interface LiveEvent {
  kind: "run" | "task" | "dag" | "other";
  dagId: string | null;
  runId: string | null;
  taskId: string | null;
  state: string | null;
}

export type LiveState = "connecting" | "live" | "lost";

let state: LiveState = "connecting";
const watchers = new Set<() => void>();
const hearers = new Set<(event: LiveEvent) => void>();

function setState(next: LiveState): void {
  if (state === next) return;
  state = next;
  for (const watcher of watchers) watcher();
}

export function useLiveState(): LiveState {
  return useSyncExternalStore(
    (watcher) => {
      watchers.add(watcher);
      return () => watchers.delete(watcher);
    },
    () => state,
  );
}

export function hear(hearer: (event: LiveEvent) => void): () => void {
  hearers.add(hearer);
  return () => hearers.delete(hearer);
}

/** Views of one Dag are asked for again at most so often, lists over all Dags less. */
const dagEveryMs = 150;
const listsEveryMs = 600;
const lists: ReadonlySet<unknown> = new Set(["home", "dags", "runs", "assets", "inbox"]);

/** Calls `work` soon after the first call, and again after later ones, `everyMs` apart. */
function paced(work: () => void, everyMs: number): () => void {
  let timer: ReturnType<typeof setTimeout> | null = null;
  let last = 0;
  return () => {
    if (timer !== null) return;
    timer = setTimeout(
      () => {
        timer = null;
        last = Date.now();
        work();
      },
      Math.max(10, last + everyMs - Date.now()),
    );
  };
}

/** Opens the stream; returns what closes it. */
export function startLive(client: QueryClient): () => void {
  const refreshLists = paced(
    () => void client.invalidateQueries({ predicate: ({ queryKey }) => lists.has(queryKey[0]) }),
    listsEveryMs,
  );
  const ofDag = new Map<string, () => void>();
  const refreshDag = (dagId: string): void => {
    let refresh = ofDag.get(dagId);
    if (refresh === undefined) {
      refresh = paced(() => void client.invalidateQueries({ queryKey: ["dag", dagId] }), dagEveryMs);
      ofDag.set(dagId, refresh);
    }
    refresh();
  };
  const source = new EventSource(addressOf("/ui/events"));
  let wasLost = false;
  source.addEventListener("open", () => {
    setState("live");
    // What happened while nobody listened.
    if (wasLost) void client.invalidateQueries();
    wasLost = false;
  });
  source.addEventListener("error", () => {
    wasLost = true;
    setState("lost");
  });
  source.addEventListener("message", ({ data }) => {
    const event = JSON.parse(data as string) as LiveEvent;
    for (const hearer of hearers) hearer(event);
    if (event.dagId !== null) refreshDag(event.dagId);
    refreshLists();
  });
  return () => source.close();
}
