import { useQuery } from "@tanstack/react-query";
import type { Layout, LayoutRequest } from "./layout.ts";

let worker: Worker | null = null;
let nextId = 1;
const waiting = new Map<number, { resolve: (layout: Layout) => void; reject: (error: Error) => void }>();

function ask(request: LayoutRequest): Promise<Layout> {
  if (worker === null) {
    worker = new Worker(new URL("./layout-worker.ts", import.meta.url), { type: "module" });
    worker.addEventListener(
      "message",
      ({ data }: MessageEvent<{ id: number; layout?: Layout; error?: string }>) => {
        const asker = waiting.get(data.id);
        waiting.delete(data.id);
        if (data.layout === undefined) asker?.reject(new Error(data.error));
        else asker?.resolve(data.layout);
      },
    );
    worker.addEventListener("error", ({ message }) => {
      for (const { reject } of waiting.values())
        reject(new Error(message || "the layout could not be loaded"));
      waiting.clear();
    });
  }
  const id = nextId++;
  const { promise, resolve, reject } = Promise.withResolvers<Layout>();
  waiting.set(id, { resolve, reject });
  worker.postMessage({ ...request, id });
  return promise;
}

/** The same graph is laid out once. */
export function useLayout(request: LayoutRequest) {
  return useQuery({
    queryKey: ["layout", request],
    queryFn: () => ask(request),
    staleTime: Number.POSITIVE_INFINITY,
    placeholderData: (previous) => previous,
    retry: false,
  });
}
