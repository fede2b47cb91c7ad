import { useVirtualizer } from "@tanstack/react-virtual";
import { useEffect, useRef, useState } from "react";
import type { Folding } from "./use-folding.ts";

export type LineList = ReturnType<typeof useLineList>;

/** What is drawn of the list, where it stands, and whether it stays at its end. */
export function useLineList(folding: Folding, wrap: boolean, isLive: boolean) {
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
