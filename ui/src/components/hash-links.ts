/**
 * Links that MLflow's clients print have the path behind a hash (`/#/experiments/1/runs/…`): they lead to the view of
 * the same name. The server never sees them.
 */
import { hrefOf } from "./link.tsx";

/** A path of the page; null for a hash that is no such link. */
export function pathOfHash(hash: string): string | null {
  const match = /^#(\/(?:experiments|runs|models|compare-runs|compare-experiments|metric)\b.*)$/.exec(hash);
  if (match === null) return null;
  const url = new URL(match[1] ?? "", "http://page");
  const parts = url.pathname.split("/").filter((part) => part !== "");
  const [first, id, second, other, tab] = parts;
  if (first === "runs" && id !== undefined) return `/tracked-runs/${id}`;
  if (first === "experiments" && second === "runs" && other !== undefined)
    return `/experiments/${id}/runs/${other}${tabs[tab ?? ""] ?? ""}`;
  if (first === "experiments" && id !== undefined)
    return `/experiments/${id}${ofExperiment[second ?? ""] ?? ""}`;
  if (first === "models" && second === "versions") return `/models/${id}/versions/${other}`;
  if (first === "models" && id !== undefined) return `/models/${id}`;
  if (first === "compare-runs") return `/compare-runs${url.search}`;
  if (first === "compare-experiments") return `/experiments/${experimentsIn(url.search)}`;
  if (first === "metric") return `/compare-runs${url.search}`;
  return `/${first}`;
}

const ofExperiment: Readonly<Record<string, string>> = { models: "/logged-models", traces: "/traces" };

const tabs: Readonly<Record<string, string>> = {
  artifacts: "/artifacts",
  artifactPath: "/artifacts",
  "model-metrics": "/metrics",
  "system-metrics": "/metrics?of=system",
};

function experimentsIn(search: string): string {
  const text = new URLSearchParams(search).get("experiments") ?? "";
  return encodeURIComponent(text.replaceAll(/["[\]\s]/g, ""));
}

/** Before the page looks at its address. A hash that is typed later loads the page anew. */
export function followHash(): void {
  const to = pathOfHash(window.location.hash);
  if (to !== null) window.history.replaceState(null, "", hrefOf(to));
  window.addEventListener("hashchange", () => {
    const next = pathOfHash(window.location.hash);
    if (next !== null) window.location.replace(hrefOf(next));
  });
}
