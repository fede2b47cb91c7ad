/** Places of a graph's nodes, by Graphviz, off the page's own thread. */
import { instance } from "@viz-js/viz";
import { type LayoutRequest, layoutWith } from "./layout.ts";

const viz = instance();

addEventListener("message", ({ data }: MessageEvent<LayoutRequest & { id: number }>) => {
  viz
    .then((viz) => postMessage({ id: data.id, layout: layoutWith(viz, data) }))
    .catch((error: unknown) => postMessage({ id: data.id, error: (error as Error).message }));
});
