/**
 * Lists over the whole history. The server looks through the newest runs first and answers soon, with what it found by
 * then; one page of a list is as many answers as it takes to fill it, and tells meanwhile how far back it is.
 */
import { keepPreviousData, useInfiniteQuery } from "@tanstack/react-query";
import { useEffect, useState } from "react";
import { get, type Query } from "./client.ts";
import { hear } from "./live.ts";
import type { Looked } from "./types.ts";

export const lookPageSize = 50;

interface LookPage<Row> extends Looked {
  rows: Row[];
  answers: number;
}

/** A list that costs one answer is asked for again when a run changes; one that looks far back is not. */
const renewEveryMs = 1000;

export function useLook<Row>(what: "task-instances" | "xcoms", query: Query) {
  const [lookedBackTo, tell] = useState<number | null>(null);
  const list = useInfiniteQuery({
    queryKey: ["look", what, query],
    initialPageParam: null as string | null,
    queryFn: ({ pageParam, signal }) => fillPage<Row>(what, query, { after: pageParam, signal, tell }),
    getNextPageParam: ({ next }) => next,
    placeholderData: keepPreviousData,
  });
  const pages = list.data?.pages ?? [];
  const isCheap = pages.length === 1 && pages[0]?.answers === 1;
  const { refetch } = list;
  useEffect(() => {
    if (!isCheap) return;
    let timer: ReturnType<typeof setTimeout> | null = null;
    const stop = hear(() => {
      timer ??= setTimeout(() => {
        timer = null;
        void refetch();
      }, renewEveryMs);
    });
    return () => {
      stop();
      if (timer !== null) clearTimeout(timer);
    };
  }, [isCheap, refetch]);
  return {
    ...list,
    lookedBackTo,
    rows: list.data === undefined ? undefined : pages.flatMap(({ rows }) => rows),
  };
}

async function fillPage<Row>(
  what: string,
  query: Query,
  { after, signal, tell }: { after: string | null; signal: AbortSignal; tell: (at: number | null) => void },
): Promise<LookPage<Row>> {
  const rows: Row[] = [];
  let place = after;
  for (let answers = 1; ; answers++) {
    const limit = lookPageSize - rows.length;
    const answer = await get<Looked & { rows: Row[] }>(
      `/ui/${what}`,
      { ...query, limit, after: place },
      signal,
    );
    rows.push(...answer.rows);
    tell(answer.lookedBackTo);
    place = answer.next;
    if (place === null || rows.length >= lookPageSize)
      return { rows, lookedBackTo: answer.lookedBackTo, next: place, answers };
  }
}
