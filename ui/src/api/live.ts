/**
 * One stream of events for the whole page. An event says what changed; the views that show it ask again, at most a
 * few times a second. While the stream is down the page says so and looks by itself now and then.
 */
import type { QueryClient } from "@tanstack/react-query";
import { useSyncExternalStore } from "react";
import { addressOf, seg } from "./client.ts";

export interface RunEvent {
  dag_id: string;
  run_id: string | null;
  /** Null: it was deleted. */
  state: string | null;
}

export type LiveState = "connecting" | "live" | "lost";

let state: LiveState = "connecting";
const watchers = new Set<() => void>();
const hearers = new Set<(event: RunEvent) => void>();

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

/** Runs that change their state, of all Dags. */
export function hear(hearer: (event: RunEvent) => void): () => void {
  hearers.add(hearer);
  return () => hearers.delete(hearer);
}

/** Views of one Dag are asked for again at most so often, lists over all Dags less. */
const dagEveryMs = 150;
const listsEveryMs = 600;
const lists: ReadonlySet<unknown> = new Set(["home", "dags", "runs", "assets", "inbox", "pools"]);

/** A training logs many times a second; a curve that grows twice a second is live. */
const subjectsEveryMs = 500;

/** Keys of what is tracked are `["ml", subjects, …]`. */
function isAbout([area, own]: readonly unknown[], changed: ReadonlySet<string>): boolean {
  if (area !== "ml" || !Array.isArray(own)) return false;
  return changed.has("*") || own.some((subject) => changed.has(subject as string));
}

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

/**
 * Opens the stream; returns what closes it. `dagId` is the Dag that is looked at: its tasks are heard of, too. `more`:
 * topics for those who may hear of them, with commas.
 */
export function startLive(client: QueryClient, dagId: string | null, more = ""): () => void {
  const renew = renewals(client);
  let source: EventSource;
  let timer: ReturnType<typeof setTimeout> | undefined;
  const open = (): void => {
    source = openStream(client, dagId, more, renew);
    source.addEventListener("error", () => {
      setState("lost");
      // A browser comes again by itself, but not after an answer that is no stream: a proxy's, or a server's that starts.
      if (source.readyState === EventSource.CLOSED) timer = setTimeout(open, reopenMs);
    });
  };
  open();
  return () => {
    clearTimeout(timer);
    source.close();
  };
}

const reopenMs = 1500;

function openStream(client: QueryClient, dagId: string | null, more: string, renew: Renewals): EventSource {
  const topics = ["runs", "dags", "assets", "backfills", "pools", "questions"];
  if (more !== "") topics.push(more);
  if (dagId !== null) topics.push(`tasks:${seg(dagId)}`);
  const source = new EventSource(addressOf("/events/stream", { topics: topics.join(",") }));
  source.addEventListener("ready", () => {
    // A stream that was opened anew knows nothing of what happened before.
    if (state === "lost") void client.invalidateQueries();
    setState("live");
  });
  source.addEventListener("reset", () => void client.invalidateQueries());
  source.addEventListener("run", ({ data }: MessageEvent<string>) => {
    const event = JSON.parse(data) as RunEvent;
    for (const hearer of hearers) hearer(event);
    renew.dag(event.dag_id);
    renew.lists();
  });
  for (const name of ["tasks", "dag", "backfill", "questions"])
    source.addEventListener(name, ({ data }: MessageEvent<string>) => {
      const { dag_id: changed } = JSON.parse(data) as { dag_id: string | null };
      if (changed !== null) renew.dag(changed);
      // Tasks change often, and the lists show none of them.
      if (name !== "tasks") renew.lists();
    });
  for (const name of ["assets", "pools"]) source.addEventListener(name, () => renew.lists());
  for (const name of ["experiments", "models"])
    source.addEventListener(name, ({ data }: MessageEvent<string>) =>
      renew.subjects((JSON.parse(data) as { subjects: string[] }).subjects),
    );
  return source;
}

interface Renewals {
  lists(): void;
  /** What is tracked: runs, experiments, models, studies. */
  subjects(subjects: readonly string[]): void;
  dag(dagId: string): void;
}

function renewals(client: QueryClient): Renewals {
  const ofDag = new Map<string, () => void>();
  const changed = new Set<string>();
  const renewChanged = paced(() => {
    const subjects = new Set(changed);
    changed.clear();
    void client.invalidateQueries({ predicate: ({ queryKey }) => isAbout(queryKey, subjects) });
  }, subjectsEveryMs);
  return {
    subjects(subjects) {
      for (const subject of subjects) changed.add(subject);
      renewChanged();
    },
    lists: paced(
      () => void client.invalidateQueries({ predicate: ({ queryKey }) => lists.has(queryKey[0]) }),
      listsEveryMs,
    ),
    dag(dagId) {
      let refresh = ofDag.get(dagId);
      if (refresh === undefined) {
        refresh = paced(() => void client.invalidateQueries({ queryKey: ["dag", dagId] }), dagEveryMs);
        ofDag.set(dagId, refresh);
      }
      refresh();
    },
  };
}
